// An SMTP server for tests, on the port of the environment variable PORT: prints every message that it takes as one line of
// JSON, with who had signed in and whether TLS was on. The argument tls offers STARTTLS with a certificate that nobody trusts, or with the one
// of the two files, certificate and key (PEM), that follow it; a number, such as 550, turns every recipient down with that code; several such
// as 550:b@example.com turn down who is named.
import { readFileSync } from 'node:fs';
import { SMTPServer } from 'smtp-server';

const modes = process.argv.slice(2);
const [mode] = modes;
const refusals = new Map(modes.filter((each) => each.includes(':')).map((each) => [each.slice(4), Number(each.slice(0, 3))]));

const own = mode === 'tls' && modes.length === 3 ? { cert: readFileSync(modes[1]), key: readFileSync(modes[2]) } : {};

const server = new SMTPServer({
  ...own,
  authOptional: true,
  hideSTARTTLS: mode !== 'tls',
  logger: false,
  onAuth(auth, session, done) {
    done(null, { user: auth.username });
  },
  onRcptTo(address, session, done) {
    const code = Number(mode) || refusals.get(address.address);
    if (!code) return done();
    const refusal = new Error('mailbox unavailable');
    refusal.responseCode = code;
    done(refusal);
  },
  onData(stream, session, done) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      console.log(JSON.stringify({ user: session.user, secure: session.secure, from: mailFrom.address, to: rcptTo.map((to) => to.address), text: Buffer.concat(chunks).toString('utf8') }));
      done();
    });
  },
});
// A client that leaves in the middle is an error event, and no reason to end.
server.on('error', () => {});
server.listen(Number(process.env.PORT), '127.0.0.1');
