-- Groups within groups, and what expressions know besides the object: named tables, the default domain.

-- Of a job that flattens: which groups' people are the members of a group in the target.
CREATE TABLE flattened (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    within_id TEXT NOT NULL,             -- the group itself and those within it
    PRIMARY KEY (organisation, job_id, group_id, within_id)
);

ALTER TABLE job ADD COLUMN tables TEXT NOT NULL DEFAULT '{}';  -- JSON: table name -> key -> value

ALTER TABLE organisation ADD COLUMN default_domain TEXT;       -- what DefaultDomain() answers
