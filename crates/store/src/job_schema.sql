-- Versions of jobs' synchronisation schemas. The newest of a job is the one in job.schema.

CREATE TABLE job_schema (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    version BIGINT NOT NULL,             -- 1, 2, 3, … for each job
    time BIGINT NOT NULL,
    actor TEXT NOT NULL,                 -- who made it
    cause TEXT NOT NULL,                 -- 'template' | 'import' | 'mapping' | 'discovery' | 'rollback'
    reason TEXT,                         -- in that person's words
    changes BIGINT NOT NULL,             -- how many differences to the version before
    schema TEXT NOT NULL,                -- JSON
    PRIMARY KEY (organisation, job_id, version)
);

INSERT INTO job_schema (organisation, job_id, version, time, actor, cause, reason, changes, schema)
SELECT organisation, id, 1, created, 'unknown', 'template', NULL, 0, schema FROM job;
