// An OpenID provider for tests, on the certified library oidc-provider: discovery, device logins, rotated refresh tokens.
// It is the second opinion: it sends no interval, knows no slow_down, and signs for one of its clients with ES256.
//
// It prints one line of JSON when it listens, and ends when its standard input does, so that it outlives no test.

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const people = {
  anna: { sub: '320000000000000001', login: 'anna', name: 'Anna Berg', email: 'anna@harmony.example' },
  ben: { sub: '320000000000000002', login: 'ben', name: 'Ben Dahl', email: 'ben@harmony.example' },
};

const bySub = (sub) => Object.values(people).find((person) => person.sub === sub);

const device = 'urn:ietf:params:oauth:grant-type:device_code';

function client(id, algorithm) {
  return {
    client_id: id,
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: [device, 'refresh_token'],
    response_types: [],
    redirect_uris: [],
    id_token_signed_response_alg: algorithm,
  };
}

const clients = [client('harmony-cli', 'RS256'), client('harmony-cli-es256', 'ES256')];

function key(type, options, algorithm) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: `of-${algorithm}`, alg: algorithm, use: 'sig' };
}

function page(ctx, body) {
  ctx.type = 'html';
  ctx.body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Device login</title></head><body>
<h1>Device login</h1>
${body}
</body></html>
`;
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const configuration = {
  clients,
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')] },
  cookies: { keys: [crypto.randomUUID()] },
  // Name and email in the id_token too, not at userinfo alone.
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  scopes: ['openid', 'offline_access'],
  ttl: { AccessToken: 3600, DeviceCode: 300, Grant: 86400, IdToken: 3600, Interaction: 300, RefreshToken: 86400, Session: 86400 },
  // What comes after the page: the person was asked there, so nothing is asked again.
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(_, sub) {
    const person = bySub(sub);
    return person && {
      accountId: sub,
      claims: async () => ({
        sub, name: person.name, preferred_username: person.login, email: person.email, email_verified: true,
      }),
    };
  },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    deviceFlow: {
      enabled: true,
      async userCodeInputSource(ctx, form, _, error) {
        const said = error ? `<p id="said">${escaped(error.message)}</p>` : '';
        page(ctx, `${said}${form}<button id="next" form="op.deviceInputForm">Next</button>`);
      },
      async userCodeConfirmSource(ctx, form, asking, _, code) {
        page(ctx, `<p><span id="client">${escaped(asking.clientId)}</span> asks to log in.
It shows the code <strong id="code">${escaped(code)}</strong>.</p>
${form}
<button id="approve" form="op.deviceConfirmForm">Approve</button>
<button id="deny" form="op.deviceConfirmForm" name="abort" value="yes">Deny</button>`);
      },
      async successSource(ctx) {
        page(ctx, '<p id="said">Approved. You may close this page.</p>');
      },
    },
  },
};

const requests = [];
const began = Date.now();
let refreshes = 0;
let provider;
// The logins that were begun, by user code; the library has no list.
const logins = new Map();

async function grantFor(clientId, accountId, scope) {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  return grant.save();
}

// Logs in whoever comes from the page, which is anna.
async function interaction(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grantId = await grantFor(params.client_id, people.anna.sub, params.scope);
  const result = { login: { accountId: people.anna.sub }, consent: { grantId } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function undecided(userCode) {
  const plain = userCode.toUpperCase().replace(/\W/g, '');
  const code = await provider.DeviceCode.findByUserCode(plain, { ignoreExpiration: true });
  if (!code) throw new Error(`no login has the code ${userCode}`);
  if (code.accountId || code.error) throw new Error('it was decided already');
  if (code.isExpired) throw new Error('the code has expired');
  return code;
}

const verbs = {
  async approve({ user_code: userCode, user }) {
    const person = people[user];
    if (!person) throw new Error(`no user ${user}`);
    const code = await undecided(userCode);
    const { scope } = code.params;
    const grantId = await grantFor(code.clientId, person.sub, scope);
    Object.assign(code, { accountId: person.sub, authTime: Math.floor(Date.now() / 1000), grantId, scope });
    await code.save();
    return {};
  },
  async deny({ user_code: userCode }) {
    const code = await undecided(userCode);
    Object.assign(code, { error: 'access_denied', errorDescription: 'the person denied it' });
    await code.save();
    return {};
  },
  async expire({ user_code: userCode }) {
    const code = await undecided(userCode);
    code.exp = Math.floor(Date.now() / 1000) - 1;
    // The store forgets at once what has no time left, so it is told another time than the code.
    await provider.DeviceCode.adapter.upsert(code.jti, { ...(await code.getValueAndPayload()).payload }, 60);
    return {};
  },
  async pending() {
    const waiting = [];
    for (const [userCode, login] of logins) {
      try {
        await undecided(userCode);
        waiting.push({ user_code: userCode, ...login });
      } catch { /* decided, or over */ }
    }
    return waiting;
  },
  async issuer({ issuer: wanted }) {
    provider = make(wanted);
    logins.clear();
    return {};
  },
  async requests() {
    return { requests, refreshes, sessions: 0 };
  },
  async 'forget-requests'() {
    requests.length = 0;
    refreshes = 0;
    return {};
  },
};

async function control(request, response) {
  const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    const verb = verbs[request.url.slice(1)];
    if (!verb) throw new Error(`this provider cannot do ${request.url.slice(1)}`);
    const chunks = await request.toArray();
    answer(200, await verb(JSON.parse(Buffer.concat(chunks))));
  } catch (error) {
    answer(400, { error: error.message });
  }
}

// Notes what was asked, when its answer is made. No token is in it.
async function watched(ctx, next) {
  const at = Date.now() - began;
  await next();
  const { params } = ctx.oidc ?? {};
  const note = {
    method: ctx.method, path: ctx.path, grant: params?.grant_type ?? '', status: ctx.status, error: ctx.body?.error ?? '', at,
  };
  requests.push(note);
  if (note.grant === 'refresh_token' && note.status === 200) refreshes += 1;
  if (ctx.body?.user_code && ctx.body?.device_code) {
    logins.set(ctx.body.user_code, { client: params.client_id, scopes: params.scope.split(' ') });
  }
}

function make(issuer) {
  const made = new Provider(issuer, configuration);
  made.use(watched);
  made.on('server_error', (_, error) => console.error(error));
  return made;
}

const listen = (handler) => new Promise((resolve) => {
  const server = createServer(handler).listen(0, '127.0.0.1', () => resolve(server));
});

const address = (server) => `127.0.0.1:${server.address().port}`;

const server = await listen((request, response) => {
  if (request.url.startsWith('/interaction/')) {
    interaction(request, response).catch((error) => response.writeHead(400).end(error.message));
  } else {
    provider.callback()(request, response);
  }
});
const issuer = `http://${address(server)}`;
provider = make(issuer);
const controls = await listen(control);
console.log(JSON.stringify({
  issuer, listens: address(server), control: address(controls), clients: clients.map(({ client_id: id }) => id),
}));
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
