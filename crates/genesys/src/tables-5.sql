-- What an administrator may say about an OAuth client beside its roles: when it ends, and what
-- only other grant types make use of.

ALTER TABLE client ADD COLUMN ends BIGINT;
ALTER TABLE client ADD COLUMN scopes TEXT;         -- JSON: a list of texts
ALTER TABLE client ADD COLUMN redirect_uris TEXT;  -- JSON: a list of texts
