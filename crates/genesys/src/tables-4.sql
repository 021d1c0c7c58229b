-- What a write did to what it is about: a POST is not always a creation, since members and
-- roles are added by POST, too.

ALTER TABLE record ADD COLUMN action TEXT NOT NULL DEFAULT 'update';
UPDATE record SET action = CASE method WHEN 'POST' THEN 'create' ELSE 'delete' END
  WHERE method IN ('POST', 'DELETE');
