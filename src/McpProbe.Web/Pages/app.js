// Shows times in the reader's own zone, with UTC on hover, and renews a page in place. Without this script the pages show UTC, are as
// old as their last reload, and lose nothing else.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const two = (number) => String(number).padStart(2, '0');

  const localise = (page) => {
    let shown = false;
    for (const time of page.querySelectorAll('time.exact')) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) continue;
      time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
      shown = true;
    }
    const note = page.getElementById('zone');
    if (shown && note) note.textContent = `Times are those of ${zone || 'your zone'}, UTC on hover`;
  };

  // Makes one tree equal to another and keeps every node that is in both: what is focused, folded, typed or selected stays as it is.
  const patch = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS')) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !(name === 'open' && old.nodeName === 'DETAILS')) old.setAttribute(name, value);
    }
    let at = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      const known = next.id ? [...old.children].find((each) => each.id === next.id)
        : at && !at.id && at.nodeName === next.nodeName ? at : null;
      if (!known || known.nodeName !== next.nodeName) {
        old.insertBefore(document.importNode(next, true), at);
        continue;
      }
      if (known === at) at = at.nextSibling;
      else old.insertBefore(known, at);
      if (known.nodeType !== Node.ELEMENT_NODE) {
        if (known.nodeValue !== next.nodeValue) known.nodeValue = next.nodeValue;
      } else patch(known, next);
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  localise(document);

  const main = document.getElementById('main');
  const seconds = Number(main?.dataset.refresh);
  if (!seconds) return;
  const renewal = document.getElementById('renewal');
  const button = document.createElement('button');
  const note = document.createElement('span');
  button.type = 'button';
  button.className = 'plain';
  let paused = sessionStorage.getItem('paused') === 'yes';
  const say = (failed) => {
    note.textContent = paused ? ', not renewed ' : failed ? ', could not be renewed; tried again ' : `, renewed every ${seconds} s `;
    button.textContent = paused ? 'Go on' : 'Stop';
  };
  button.addEventListener('click', () => {
    paused = !paused;
    sessionStorage.setItem('paused', paused ? 'yes' : 'no');
    say();
  });
  renewal.replaceChildren(note, button);
  say();

  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!fresh.getElementById('main')) throw new Error('another page');
    localise(fresh);
    const focused = document.activeElement;
    patch(main, fresh.getElementById('main'));
    for (const id of ['as-of', 'icon']) {
      const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
      if (old && now) patch(old, now);
    }
    document.title = fresh.title;
    // A row that moved took the focus away from what is in it.
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    main.dataset.renewed = String(Number(main.dataset.renewed || 0) + 1);
  };

  setInterval(() => {
    if (paused || document.hidden) return;
    renew().then(() => say(), () => say(true));
  }, seconds * 1000);
})();
