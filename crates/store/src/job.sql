-- Jobs: what each application is provisioned with, and everything a job remembers.

CREATE TABLE job (
    organisation TEXT NOT NULL,
    id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    template_id TEXT NOT NULL,
    state TEXT NOT NULL,                 -- 'paused' | 'active' | 'quarantine'
    scope TEXT NOT NULL,                 -- 'assigned' | 'all'
    schema TEXT NOT NULL,                -- Graph's synchronisation schema, JSON
    settings TEXT NOT NULL,              -- JSON
    connection TEXT,                     -- tenant URL and how to sign in, JSON without secrets
    secret TEXT,                         -- encrypted
    watermark BIGINT,                    -- NULL: an initial cycle is due
    walk TEXT,                           -- JSON: where the initial walk is
    quarantine TEXT,                     -- JSON: reason, since, next attempt
    next_attempt BIGINT,                 -- in quarantine: not before then
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (organisation, id)
);
CREATE UNIQUE INDEX job_application ON job (organisation, application_id);

CREATE TABLE work (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    priority BIGINT NOT NULL,            -- lower first
    rank BIGINT NOT NULL,                -- users by their depth under the top manager, then groups
    cause TEXT NOT NULL,
    sequence BIGINT NOT NULL,            -- of the newest change that asks for it
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    first_failed BIGINT,
    PRIMARY KEY (organisation, job_id, object_id)
);
CREATE INDEX work_next ON work (organisation, job_id, priority, rank, object_id, due);
CREATE INDEX work_due ON work (organisation, job_id, due);

CREATE TABLE link (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- 'User' | 'Group'
    state TEXT NOT NULL,                 -- 'creating' | 'open' | 'closed'
    target_id TEXT,
    display_name TEXT NOT NULL,
    sent TEXT NOT NULL,                  -- JSON by target attribute; while creating: the matching values
    seen TEXT NOT NULL,                  -- JSON: what the target shows differently
    updated BIGINT NOT NULL,
    PRIMARY KEY (organisation, job_id, source_id)
);
CREATE UNIQUE INDEX link_target ON link (organisation, job_id, kind, target_id);

CREATE TABLE membership (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    member_target TEXT NOT NULL,
    PRIMARY KEY (organisation, job_id, group_id, member_id)
);
CREATE INDEX membership_member ON membership (organisation, job_id, member_id);

CREATE TABLE skip (
    organisation TEXT NOT NULL,
    job_id TEXT NOT NULL,
    object_id TEXT NOT NULL,
    subject TEXT NOT NULL,               -- '' for the object, else the target attribute of a reference
    reason TEXT NOT NULL,
    PRIMARY KEY (organisation, job_id, object_id, subject)
);

CREATE TABLE cycle (
    organisation TEXT NOT NULL,
    id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- 'initial' | 'incremental'
    began BIGINT NOT NULL,
    ended BIGINT,
    outcome TEXT,                        -- 'succeeded' | 'entryLevelErrors' | 'failed' | 'restarted'
    error TEXT,
    requests TEXT NOT NULL,              -- JSON by method
    duration_ms BIGINT NOT NULL,         -- time at work, pauses between restarts left out
    PRIMARY KEY (organisation, id)
);
CREATE INDEX cycle_job ON cycle (organisation, job_id, began);

CREATE TABLE cycle_count (
    organisation TEXT NOT NULL,
    cycle_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (organisation, cycle_id, kind, action, status)
);

CREATE TABLE log (
    organisation TEXT NOT NULL,
    id TEXT NOT NULL,                    -- ordered by time (UUID version 7)
    job_id TEXT NOT NULL,
    cycle_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    source_id TEXT NOT NULL,
    source_name TEXT NOT NULL,
    error_code TEXT,
    entry TEXT NOT NULL,                 -- the whole entry, JSON
    PRIMARY KEY (organisation, id)
);
CREATE INDEX log_job ON log (organisation, job_id, id);
CREATE INDEX log_time ON log (organisation, time);
CREATE INDEX log_source ON log (organisation, source_id, id);
CREATE INDEX log_cycle ON log (organisation, cycle_id, id);
CREATE INDEX log_status ON log (organisation, status, id);
