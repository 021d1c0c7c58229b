-- The organisation's directory: objects, edges between them, and the change feed.
-- Every key is led by the organisation. Instants are microseconds since 1970, JSON is text.
-- Columns named *_key hold the case-folded form (store::key::fold).

CREATE TABLE organisation (
  id            TEXT   NOT NULL PRIMARY KEY,
  name          TEXT   NOT NULL,
  sequence      BIGINT NOT NULL DEFAULT 0,   -- number of the newest change
  change_floor  BIGINT NOT NULL DEFAULT 0,   -- changes up to this number are gone
  created       BIGINT NOT NULL
);

CREATE TABLE feed (
  organisation  TEXT   NOT NULL,
  name          TEXT   NOT NULL,
  kind          TEXT   NOT NULL DEFAULT '',
  imported      BIGINT,                      -- when an import last wrote something
  created       BIGINT NOT NULL,
  PRIMARY KEY (organisation, name)
);

CREATE TABLE object (
  organisation  TEXT    NOT NULL,
  id            TEXT    NOT NULL,
  kind          TEXT    NOT NULL CHECK (kind IN ('User', 'Group')),
  feed          TEXT    NOT NULL,            -- the owner: nobody else removes it
  display_name  TEXT    NOT NULL,
  name_key      TEXT    NOT NULL,
  principal_key TEXT,
  mail_key      TEXT,
  enabled       BOOLEAN NOT NULL,
  attributes    TEXT    NOT NULL,            -- JSON, by source name
  deleted       BIGINT,                      -- soft delete
  sequence      BIGINT  NOT NULL,            -- number of its newest change
  created       BIGINT  NOT NULL,
  updated       BIGINT  NOT NULL,
  PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX object_principal ON object (organisation, principal_key)
  WHERE deleted IS NULL AND principal_key IS NOT NULL;
CREATE INDEX object_name ON object (organisation, kind, name_key, id);
CREATE INDEX object_deleted ON object (organisation, kind, name_key, id) WHERE deleted IS NOT NULL;
CREATE INDEX object_mail ON object (organisation, mail_key) WHERE mail_key IS NOT NULL;
CREATE INDEX object_feed ON object (organisation, feed, kind, id);

-- member: group -> member; manager: user -> manager; assignment: application -> principal.
CREATE TABLE edge (
  organisation  TEXT   NOT NULL,
  kind          TEXT   NOT NULL CHECK (kind IN ('member', 'manager', 'assignment')),
  from_id       TEXT   NOT NULL,
  to_id         TEXT   NOT NULL,
  label         TEXT   NOT NULL DEFAULT '',  -- of an assignment: the app role's id
  feed          TEXT   NOT NULL,
  sequence      BIGINT NOT NULL,
  PRIMARY KEY (organisation, kind, from_id, to_id, label)
);
-- Covering: otherwise a planner without statistics takes the primary key's first two columns for good enough.
CREATE INDEX edge_to ON edge (organisation, kind, to_id, from_id, label);

-- The numbers come from organisation.sequence, raised in the same transaction: commit order is sequence order.
CREATE TABLE change (
  organisation  TEXT   NOT NULL,
  sequence      BIGINT NOT NULL,
  time          BIGINT NOT NULL,
  actor         TEXT   NOT NULL,
  kind          TEXT   NOT NULL CHECK (kind IN ('object', 'edge-added', 'edge-removed', 'purged')),
  object_id     TEXT   NOT NULL,
  other_id      TEXT,
  detail        TEXT   NOT NULL,             -- JSON: before and after
  PRIMARY KEY (organisation, sequence)
);
CREATE INDEX change_object ON change (organisation, object_id, sequence);

CREATE TABLE application (
  organisation  TEXT   NOT NULL,
  id            TEXT   NOT NULL,
  display_name  TEXT   NOT NULL,
  name_key      TEXT   NOT NULL,
  feed          TEXT   NOT NULL,
  template_id   TEXT,
  created       BIGINT NOT NULL,
  PRIMARY KEY (organisation, id)
);
CREATE INDEX application_name ON application (organisation, name_key);

CREATE TABLE app_role (
  organisation   TEXT    NOT NULL,
  application_id TEXT    NOT NULL,
  id             TEXT    NOT NULL,
  value          TEXT,
  display_name   TEXT    NOT NULL,
  enabled        BOOLEAN NOT NULL,
  feed           TEXT    NOT NULL,
  PRIMARY KEY (organisation, application_id, id)
);
