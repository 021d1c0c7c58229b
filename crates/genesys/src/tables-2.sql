-- Roles carry permissions, clients carry roles, and every grant is for a division.

ALTER TABLE client ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
  CHECK (state IN ('active', 'disabled', 'inactive'));
ALTER TABLE client ADD COLUMN description TEXT;
ALTER TABLE client ADD COLUMN modified BIGINT;

ALTER TABLE token ADD COLUMN issued BIGINT;

ALTER TABLE term ADD COLUMN description TEXT;

CREATE TABLE role_permission (
  role_id     TEXT NOT NULL,
  permission  TEXT NOT NULL,                 -- domain:entity:action, * for any
  PRIMARY KEY (role_id, permission)
) WITHOUT ROWID;

-- Who has which role, and for which division: users, groups and OAuth clients alike.
CREATE TABLE role_grant (
  subject_id   TEXT   NOT NULL,
  role_id      TEXT   NOT NULL,
  division_id  TEXT   NOT NULL,              -- '*' for all
  place        BIGINT NOT NULL,              -- the order in which they were given
  PRIMARY KEY (subject_id, role_id, division_id)
) WITHOUT ROWID;
CREATE INDEX role_grant_role ON role_grant (role_id);

INSERT INTO role_grant (subject_id, role_id, division_id, place)
  SELECT person_id, role_id,
    coalesce((SELECT id FROM term WHERE kind = 'division' AND name_key = 'home'), '*'), place
  FROM granted;
DROP TABLE granted;

-- The ready-made role for SCIM, which clients of before had without saying.
INSERT INTO term (kind, name_key, id, name, created)
  VALUES ('role', 'scim integration', 'b0f4e1d6-3c52-4b8e-9a77-2f6d1c0a5e43', 'SCIM Integration', 0)
  ON CONFLICT (kind, name_key) DO NOTHING;
INSERT INTO role_permission (role_id, permission)
  SELECT t.id, p.value
  FROM term t, json_each('["authorization:grant:add","authorization:grant:delete","directory:group:edit",
    "directory:user:add","directory:user:delete","directory:user:edit","directory:user:setPassword",
    "routing:language:assign","routing:skill:assign","telephony:extension:assign"]') p
  WHERE t.kind = 'role' AND t.name_key = 'scim integration';
INSERT INTO role_grant (subject_id, role_id, division_id, place)
  SELECT c.id, t.id, '*', 0 FROM client c, term t
  WHERE t.kind = 'role' AND t.name_key = 'scim integration';

INSERT INTO role_permission (role_id, permission)
  SELECT id, '*:*:*' FROM term WHERE kind = 'role' AND name_key = 'admin';

ALTER TABLE team ADD COLUMN description TEXT;
ALTER TABLE team ADD COLUMN type TEXT NOT NULL DEFAULT 'official';
ALTER TABLE team ADD COLUMN visibility TEXT NOT NULL DEFAULT 'public';
ALTER TABLE team ADD COLUMN rules_visible BIGINT NOT NULL DEFAULT 1;
ALTER TABLE team ADD COLUMN made_by_scim BIGINT NOT NULL DEFAULT 0;

ALTER TABLE record ADD COLUMN correlation_id TEXT;
ALTER TABLE record ADD COLUMN changes TEXT;  -- JSON: what was changed, from what to what

-- The oldest go while the newest come.
CREATE TRIGGER record_bound AFTER INSERT ON record WHEN NEW.number % 1000 = 0
BEGIN
  DELETE FROM record WHERE number <= NEW.number - 1000000;
END;
