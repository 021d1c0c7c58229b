-- When a token was last used, so that a restart does not wake an idle one. It may lie behind
-- the last use by a part of the setting idle-timeout.

ALTER TABLE token ADD COLUMN used BIGINT;
