-- One organisation. Instants are microseconds since 1970; columns named *_key hold
-- the case-folded form (store::key::fold).

-- OAuth clients. A revoked one stays, so that the records name it.
CREATE TABLE client (
  id             TEXT   NOT NULL PRIMARY KEY,
  name           TEXT   NOT NULL,
  secret_hash    TEXT   NOT NULL,
  token_seconds  BIGINT NOT NULL,
  created        BIGINT NOT NULL,
  revoked        BIGINT
);

CREATE TABLE token (
  hash       TEXT   NOT NULL PRIMARY KEY,
  client_id  TEXT   NOT NULL,
  expires    BIGINT NOT NULL
);
CREATE INDEX token_client ON token (client_id);
CREATE INDEX token_expires ON token (expires);

-- What users refer to by name: roles, divisions, routing skills and languages.
CREATE TABLE term (
  kind      TEXT   NOT NULL CHECK (kind IN ('role', 'division', 'skill', 'language')),
  name_key  TEXT   NOT NULL,
  id        TEXT   NOT NULL UNIQUE,
  name      TEXT   NOT NULL,
  created   BIGINT NOT NULL,
  PRIMARY KEY (kind, name_key)
);

-- A deleted user stays: its id comes back when its name does.
CREATE TABLE person (
  number           INTEGER PRIMARY KEY,      -- the order of lists
  id               TEXT    NOT NULL UNIQUE,
  state            TEXT    NOT NULL CHECK (state IN ('active', 'inactive', 'deleted')),
  user_name        TEXT    NOT NULL,
  name_key         TEXT    NOT NULL UNIQUE,
  display_name     TEXT    NOT NULL,
  division_id      TEXT    NOT NULL,
  manager_id       TEXT,
  work_email       TEXT,
  work_email_key   TEXT,
  employee_number  TEXT,
  details          TEXT    NOT NULL,         -- JSON: what nobody searches for
  version          BIGINT  NOT NULL,
  modified         BIGINT  NOT NULL
);
CREATE INDEX person_state ON person (state);
CREATE INDEX person_division ON person (division_id);
CREATE INDEX person_manager ON person (manager_id) WHERE manager_id IS NOT NULL;
CREATE INDEX person_work_email ON person (work_email_key) WHERE work_email_key IS NOT NULL;
CREATE INDEX person_employee ON person (employee_number) WHERE employee_number IS NOT NULL;

CREATE TABLE granted (
  person_id  TEXT   NOT NULL,
  role_id    TEXT   NOT NULL,
  place      BIGINT NOT NULL,                -- the order in which they were given
  PRIMARY KEY (person_id, role_id)
);

-- Identifiers in other systems, of people and of groups. One authority gives one
-- identifier; "x-pc:scimv2:v1:<client>" is what that client calls externalId.
CREATE TABLE external_id (
  owner_id   TEXT   NOT NULL,
  authority  TEXT   NOT NULL,
  value      TEXT   NOT NULL,
  PRIMARY KEY (owner_id, authority)
);
CREATE INDEX external_id_value ON external_id (authority, value);

CREATE TABLE team (
  number        INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  display_name  TEXT    NOT NULL,
  name_key      TEXT    NOT NULL UNIQUE,
  version       BIGINT  NOT NULL,
  modified      BIGINT  NOT NULL
);

CREATE TABLE member (
  team_id    TEXT NOT NULL,
  member_id  TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('User', 'Group')),
  PRIMARY KEY (team_id, member_id)
);
CREATE INDEX member_of ON member (member_id);

-- Who did what: one row for each write that was asked for, refused ones too.
CREATE TABLE record (
  number       INTEGER PRIMARY KEY,
  time         BIGINT NOT NULL,
  client_id    TEXT   NOT NULL,
  method       TEXT   NOT NULL,
  resource     TEXT   NOT NULL,              -- User or Group
  resource_id  TEXT,
  name         TEXT,                         -- userName or displayName, as far as it is known
  status       BIGINT NOT NULL
);
