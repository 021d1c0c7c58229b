// Drives a Genesys-Cloud-compatible organisation through the vendor's own JavaScript SDK.
//
// All 30 SCIM operations, 15 in each of the two path families, in the order of a life cycle.
//
//     node genesys_sdk.mjs API_URL CLIENT_ID CLIENT_SECRET GROUP_NAME ROLE_NAME
//
// prints one JSON object: the operation's name, and "ok" or what went wrong.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

// The folder that the packages were installed into is the working folder.
const platformClient = createRequire(`${process.cwd()}/`)('purecloud-platform-client-v2');

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const PURECLOUD = 'urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

/** The operations below `/api/v2/scim` (no infix) or `/api/v2/scim/v2` (infix `V2`). */
class Family {
  constructor(scim, infix, report, groupName, roleName) {
    Object.assign(this, { scim, infix, report, groupName, roleName });
  }

  /** The SDK's name of `operation`, such as `getUsers`, in this family. */
  name(operation) {
    return operation.replace(/^(get|post|put|patch|delete)/, `$1Scim${this.infix}`);
  }

  call(operation, ...parameters) {
    return this.scim[this.name(operation)](...parameters);
  }

  async check(operation, steps) {
    try {
      const answer = await steps();
      this.report[this.name(operation)] = 'ok';
      return answer;
    } catch (failure) {
      this.report[this.name(operation)] = failure.message ?? JSON.stringify(failure);
      return undefined;
    }
  }

  async run() {
    await this.discover();
    const user = await this.check('postUsers', () => this.createUser());
    if (!user) return;
    await this.check('getUser', () => this.readUser(user));
    await this.check('getUsers', () => this.listUsers(user));
    await this.check('patchUser', () => this.patchUser(user));
    await this.check('putUser', () => this.putUser(user));
    const group = await this.check('getGroups', () => this.listGroups());
    if (group) {
      await this.check('getGroup', () => this.readGroup(group));
      await this.check('patchGroup', () => this.patchGroup(group, user));
      await this.check('putGroup', () => this.putGroup(group, user));
    }
    await this.check('deleteUser', () => this.deleteUser(user));
  }

  async discover() {
    await this.check('getServiceproviderconfig', async () => {
      const config = await this.call('getServiceproviderconfig');
      assert.ok(config.patch.supported && config.filter.supported);
    });
    await this.check('getResourcetypes', async () => {
      const { Resources } = await this.call('getResourcetypes');
      assert.deepEqual(Resources.map(({ id }) => id).sort(), ['Group', 'User']);
    });
    await this.check('getResourcetype', async () => {
      assert.equal((await this.call('getResourcetype', 'Group')).id, 'Group');
    });
    await this.check('getSchemas', async () => {
      const { Resources } = await this.call('getSchemas');
      assert.ok(Resources.some(({ id }) => id === PURECLOUD));
    });
    await this.check('getSchema', async () => {
      assert.equal((await this.call('getSchema', USER)).id, USER);
    });
  }

  newUser(name) {
    return {
      userName: `${this.infix}${name}@javascript.example.org`.toLowerCase(),
      displayName: name,
      active: true,
    };
  }

  async createUser() {
    const manager = await this.call('postUsers', this.newUser('manager'));
    const created = await this.call('postUsers', {
      ...this.newUser('ada'),
      schemas: [USER, ENTERPRISE],
      title: 'Analyst',
      externalId: `external-${this.infix}ada`,
      roles: [{ value: this.roleName }],
      emails: [{ type: 'work', value: `${this.infix}ada@work.example.org` }],
      phoneNumbers: [{ type: 'work', value: '+13175550100' }],
      [ENTERPRISE]: { department: 'Research', division: 'Home', manager: { value: manager.id } },
    });
    assert.ok(created.id && created.meta.version);
    assert.equal(created[ENTERPRISE].manager.value, manager.id);
    assert.ok(created.roles.some(({ value }) => value === this.roleName));
    await refused('409', 'uniqueness', () => this.call('postUsers', this.newUser('ada')));
    return created;
  }

  async readUser(user) {
    assert.deepEqual(await this.call('getUser', user.id), user);
    const less = await this.call('getUser', user.id, { attributes: ['userName', 'roles'] });
    assert.deepEqual([typeof less.userName, less.title], ['string', undefined]);
    const rest = await this.call('getUser', user.id, { excludedAttributes: ['roles'] });
    assert.deepEqual([rest.roles, rest.title], [undefined, 'Analyst']);
    await refused('404', undefined, () => this.call('getUser', '00000000-0000-4000-8000-000000000000'));
  }

  async listUsers(user) {
    const conditions = [
      `userName eq "${user.userName}"`,
      `userName eq ${user.userName.toUpperCase()}`,
      `id eq ${user.id}`,
      `externalId eq "${user.externalId}"`,
      `manager eq ${user[ENTERPRISE].manager.value}`,
    ];
    for (const filter of conditions) {
      const { Resources } = await this.call('getUsers', { filter, count: 10, startIndex: 1 });
      assert.deepEqual(Resources.map(({ id }) => id), [user.id], filter);
    }
    const page = await this.call('getUsers', { count: 1 });
    assert.ok(page.totalResults > 1 && page.Resources.length === 1);
    await refused('400', 'invalidFilter', () => this.call('getUsers', { filter: 'userName is x' }));
  }

  async patchUser(user) {
    const answer = await this.call('patchUser', user.id, patch(
      { op: 'Replace', path: 'title', value: 'Director' },
      { op: 'Add', path: 'phoneNumbers[type eq "work2"].value', value: '+13175550102' },
      { op: 'add', path: `${PURECLOUD}:externalIds`, value: [{ authority: 'microsoftteams', value: user.id }] },
      { op: 'remove', path: `${ENTERPRISE}:manager` },
    ), { ifMatch: quoted(user) });
    assert.equal(answer.title, 'Director');
    assert.equal(answer[ENTERPRISE].manager, undefined);
    assert.equal(answer[PURECLOUD].externalIds.length, 2);
    const disabled = await this.call('patchUser', user.id, patch({ op: 'Replace', path: 'active', value: 'False' }));
    assert.equal(disabled.active, false);
    const enable = patch({ op: 'replace', path: 'active', value: true });
    await refused('400', 'invalidVers', () => this.call('patchUser', user.id, enable, { ifMatch: '"0"' }));
    await this.call('patchUser', user.id, enable);
  }

  async putUser(user) {
    const read = await this.call('getUser', user.id);
    const changed = { ...read, title: 'Countess', displayName: 'Ada Byron' };
    const answer = await this.call('putUser', user.id, changed, { ifMatch: quoted(read) });
    assert.deepEqual([answer.title, answer.displayName], ['Countess', 'Ada Byron']);
    assert.deepEqual([answer.roles, answer.phoneNumbers], [read.roles, read.phoneNumbers]);
  }

  async listGroups() {
    const filter = `displayName eq "${this.groupName}"`;
    const { Resources } = this.infix
      ? await this.call('getGroups', filter, { count: 25 })
      : await this.call('getGroups', { filter, count: 25 });
    assert.deepEqual(Resources.map(({ displayName }) => displayName), [this.groupName]);
    return Resources[0];
  }

  async readGroup(group) {
    const answer = await this.call('getGroup', group.id, { excludedAttributes: ['members'] });
    assert.deepEqual([answer.displayName, answer.members], [this.groupName, undefined]);
  }

  async patchGroup(group, user) {
    const added = await this.call('patchGroup', group.id, patch({ op: 'Add', path: 'members', value: [{ value: user.id }] }));
    assert.deepEqual(added.members.map(({ value }) => value), [user.id]);
    const removed = await this.call('patchGroup', group.id, patch({ op: 'Remove', path: 'members', value: [{ value: user.id }] }));
    assert.equal((removed.members ?? []).length, 0);
  }

  async putGroup(group, user) {
    const read = await this.call('getGroup', group.id);
    const answer = await this.call('putGroup', group.id, { ...read, members: [{ type: 'User', value: user.id }] });
    assert.deepEqual(answer.members.map(({ value }) => value), [user.id]);
    const emptied = await this.call('putGroup', group.id, { ...answer, members: [] });
    assert.equal((emptied.members ?? []).length, 0);
  }

  async deleteUser(user) {
    await refused('400', 'invalidVers', () => this.call('deleteUser', user.id, { ifMatch: '"0"' }));
    await this.call('deleteUser', user.id);
    await refused('404', undefined, () => this.call('getUser', user.id));
  }
}

/** Whether `steps` are refused with that status and type: the SDK rejects with the body itself. */
async function refused(status, scimType, steps) {
  const refusal = await steps().then((answer) => ({ answered: answer }), (error) => error);
  assert.deepEqual([String(refusal.status), refusal.scimType], [status, scimType], JSON.stringify(refusal));
}

const quoted = (resource) => `"${resource.meta.version}"`;
const patch = (...Operations) => ({ schemas: [PATCH_OP], Operations });

const [apiUrl, clientId, clientSecret, groupName, roleName] = process.argv.slice(2);
const { hostname, port } = new URL(apiUrl);
const client = platformClient.ApiClient.instance;
client.config.setGateway({
  host: hostname, protocol: 'http', port, path_params_login: '', path_params_api: '',
});
await client.loginClientCredentialsGrant(clientId, clientSecret);
const report = {};
for (const infix of ['', 'V2']) {
  await new Family(new platformClient.SCIMApi(), infix, report, groupName, roleName).run();
}
console.log(JSON.stringify(report, null, 1));
