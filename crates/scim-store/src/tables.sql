-- The resources of a plain SCIM service. A file of its own, which only SQLite reads.

-- The kinds of resources, and how many there are of each, so that nobody has to count.
CREATE TABLE kind (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    resources INTEGER NOT NULL
);

-- Members whose id no resource has. They are kept as clients name them, for members alone.
INSERT INTO kind (number, name, resources) VALUES (0, '', 0);

-- Numbers count up, so a list in their order grows at its end alone. The data is JSON
-- without "id", "meta", the members, and whatever is never shown.
CREATE TABLE resource (
    number INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL REFERENCES kind (number),
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    display TEXT,
    data TEXT NOT NULL
);
CREATE INDEX resource_of_kind ON resource (kind);
CREATE INDEX resource_modified ON resource (kind, modified);

-- How many resources of a kind have numbers from block * 2048 on, so that a place far down a
-- list is found without walking there. Kept by the triggers alone.
CREATE TABLE block (
    kind INTEGER NOT NULL,
    block INTEGER NOT NULL,
    resources INTEGER NOT NULL,
    PRIMARY KEY (kind, block)
) WITHOUT ROWID;
CREATE TRIGGER resource_added AFTER INSERT ON resource BEGIN
    INSERT INTO block (kind, block, resources) VALUES (new.kind, new.number / 2048, 1)
    ON CONFLICT (kind, block) DO UPDATE SET resources = resources + 1;
END;
CREATE TRIGGER resource_removed AFTER DELETE ON resource BEGIN
    UPDATE block SET resources = resources - 1 WHERE kind = old.kind AND block = old.number / 2048;
END;

-- The attributes that have an index, and by which rule their values were made.
CREATE TABLE attribute (
    number INTEGER NOT NULL PRIMARY KEY,
    kind INTEGER NOT NULL REFERENCES kind (number),
    path TEXT NOT NULL,
    rule TEXT NOT NULL,
    UNIQUE (kind, path)
);

-- Folded values. One of each resource is the one it is sorted by; without a value it is
-- an empty blob, which comes after all others.
CREATE TABLE unique_value (
    attribute INTEGER NOT NULL,
    value BLOB NOT NULL,
    resource INTEGER NOT NULL,
    sorting INTEGER NOT NULL,
    PRIMARY KEY (attribute, value)
) WITHOUT ROWID;
CREATE TABLE indexed_value (
    attribute INTEGER NOT NULL,
    value BLOB NOT NULL,
    resource INTEGER NOT NULL,
    sorting INTEGER NOT NULL,
    PRIMARY KEY (attribute, value, resource)
) WITHOUT ROWID;

-- Who belongs to which group, in the order of joining.
CREATE TABLE membership (
    parent INTEGER NOT NULL REFERENCES resource (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    child INTEGER NOT NULL REFERENCES resource (number) ON DELETE CASCADE,
    PRIMARY KEY (parent, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX membership_child ON membership (child, parent);

-- The hash of the token that was made when none was given.
CREATE TABLE token (
    hash TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL
);
