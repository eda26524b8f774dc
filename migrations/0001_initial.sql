-- What the control plane keeps. Times are milliseconds since 1970, UTC.

-- One line about this database for each name: its identity, which workers compare with the one they know.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every write is one version. Versions are never changed and never deleted.
CREATE TABLE versions (
    number    INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    parent    INTEGER REFERENCES versions (number) CHECK (parent < number),
    digest    TEXT    NOT NULL CHECK (digest LIKE 'sha256:%'),
    author    TEXT    NOT NULL,
    message   TEXT,
    createdAt INTEGER NOT NULL,
    counts    TEXT    NOT NULL CHECK (json_valid(counts))
) STRICT;

-- The resources of the latest version.
CREATE TABLE resources (
    kind           TEXT    NOT NULL CHECK (kind <> ''),
    name           TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
    document       TEXT    NOT NULL CHECK (json_valid(document)),
    position       INTEGER NOT NULL UNIQUE, -- of creation: older resources have the lower one
    createdVersion INTEGER NOT NULL REFERENCES versions (number),
    updatedVersion INTEGER NOT NULL REFERENCES versions (number) CHECK (updatedVersion >= createdVersion),
    createdAt      INTEGER NOT NULL,
    updatedAt      INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What each of the last versions changed, for deltas. Older ones are pruned.
CREATE TABLE changes (
    version  INTEGER NOT NULL REFERENCES versions (number),
    kind     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    document TEXT    CHECK (document IS NULL OR json_valid(document)), -- NULL: deleted
    PRIMARY KEY (version, kind, name)
) STRICT, WITHOUT ROWID;
