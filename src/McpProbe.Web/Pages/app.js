// Shows times in the reader's own zone, with UTC on hover. Without this script the pages show UTC, and lose nothing.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const two = (number) => String(number).padStart(2, '0');
  let shown = false;
  for (const time of document.querySelectorAll('time.exact')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) continue;
    time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    shown = true;
  }
  const note = document.getElementById('zone');
  if (shown && note) note.textContent = `Times are those of ${zone || 'your zone'}, UTC on hover`;
})();
