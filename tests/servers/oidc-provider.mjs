// An OpenID Connect provider on the port in PORT: people sign in as anybody, and belong to the groups of their name.
// Arguments: the client's secret, then its redirect address.
import Provider from 'oidc-provider';

const port = Number(process.env.PORT);
const [secret, redirect] = process.argv.slice(2);
const groups = { ann: ['staff', 'mcpprobe-admins'], rob: ['staff'], eve: ['visitors'], mal: 'mcpprobe-admins-not' };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'mcpprobe',
    client_secret: secret,
    redirect_uris: [redirect],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_post',
  }],
  claims: { openid: ['sub'], profile: ['name', 'groups'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of the test`, groups: groups[id] }),
  }),
  // Its own plain pages: any name signs in.
  features: { devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: ['of the test alone'] },
});
// What protects a sign-in, for the test to look at.
provider.use(async (context, next) => {
  await next();
  const asked = context.oidc?.params;
  if (asked?.code_challenge)
    console.log(`challenge ${asked.code_challenge_method}, state ${!!asked.state}, nonce ${!!asked.nonce}, ${asked.response_type} by ${asked.response_mode ?? 'query'}`);
});
provider.on('server_error', (_, error) => console.error(error));
provider.listen(port, '127.0.0.1');
