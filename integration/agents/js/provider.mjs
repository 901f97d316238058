// An OpenID provider (oidc-provider) on loopback, for people of a test. Prints its issuer, reads what it serves as one
// line of JSON {client_id, client_secret, redirect_uri, people: {LOGIN: CLAIMS}}, and ends with its input. Until it has
// read that it answers 503, as one that is down.
import http from 'node:http';
import readline from 'node:readline';

import Provider from 'oidc-provider';

let serve = (_, answer) => {
  answer.writeHead(503);
  answer.end();
};
const server = http.createServer((request, answer) => serve(request, answer));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${server.address().port}\n`);
});

const orders = readline.createInterface({ input: process.stdin });
orders.once('line', (line) => {
  const { client_id, client_secret, redirect_uri, people } = JSON.parse(line);
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'], profile: ['name'] },
    // Claims of the scopes are part of the ID token.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
    cookies: { keys: [client_secret] },
  });
  serve = provider.callback();
  process.stdout.write('serving\n');
});
orders.once('close', () => process.exit());
