-- What the control plane keeps. Times are milliseconds since 1970, UTC.

-- One line about this database for each name: its identity, which workers compare with the one they know; up to where
-- history was pruned; what the secret key is checked with; what tokens are signed with, encrypted.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every write is one version. Versions are never changed and never deleted; numbers may have gaps.
CREATE TABLE versions (
    number     INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    parent     INTEGER REFERENCES versions (number) CHECK (parent < number),
    rollbackOf INTEGER REFERENCES versions (number) CHECK (rollbackOf < number),
    digest     TEXT    NOT NULL CHECK (digest LIKE 'sha256:%'),
    author     TEXT    NOT NULL,
    message    TEXT,
    createdAt  INTEGER NOT NULL,
    counts     TEXT    NOT NULL CHECK (json_valid(counts))
) STRICT;

-- The resources of every version whose content is kept. A row holds from `fromVersion` until before `toVersion`; the
-- rows without an end are the latest version. A change adds one row and ends another, however large the whole is.
CREATE TABLE resources (
    kind           TEXT    NOT NULL CHECK (kind <> ''),
    name           TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 63),
    fromVersion    INTEGER NOT NULL REFERENCES versions (number),
    toVersion      INTEGER REFERENCES versions (number) CHECK (toVersion > fromVersion),
    document       TEXT    NOT NULL CHECK (json_valid(document)),
    owner          TEXT    CHECK (owner <> ''), -- the set that brought it
    position       INTEGER NOT NULL, -- of creation: older resources have the lower one
    createdVersion INTEGER NOT NULL REFERENCES versions (number) CHECK (createdVersion <= fromVersion),
    createdAt      INTEGER NOT NULL,
    updatedAt      INTEGER NOT NULL,
    PRIMARY KEY (kind, name, fromVersion)
) STRICT, WITHOUT ROWID;

CREATE INDEX resourcesByBegin ON resources (fromVersion);
CREATE INDEX resourcesByEnd ON resources (toVersion) WHERE toVersion IS NOT NULL;

-- Who may call: what a token's signature does not say, and that it was not revoked. The tokens themselves are not here.
CREATE TABLE tokens (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    name          TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    role          TEXT    NOT NULL,
    labelSelector TEXT,
    createdBy     TEXT    NOT NULL,
    createdAt     INTEGER NOT NULL,
    expiresAt     INTEGER
) STRICT, WITHOUT ROWID;

-- Tokens that were taken back: a file of the data folder that holds one of these is not taken for one whose row was lost.
CREATE TABLE revokedTokens (
    id        TEXT    NOT NULL PRIMARY KEY CHECK (id <> ''),
    revokedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what. Each record is bound to the one before it by its hash, so that none can be altered or taken out unseen.
CREATE TABLE audit (
    sequence      INTEGER NOT NULL PRIMARY KEY CHECK (sequence > 0),
    time          INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    subject       TEXT,
    source        TEXT    NOT NULL,
    requestId     TEXT    NOT NULL,
    versionBefore INTEGER NOT NULL,
    versionAfter  INTEGER NOT NULL,
    message       TEXT,
    previousHash  TEXT    NOT NULL CHECK (previousHash LIKE 'sha256:%'),
    hash          TEXT    NOT NULL CHECK (hash LIKE 'sha256:%')
) STRICT;

-- Other control planes whose replicas follow this one now, by the operator's word.
CREATE TABLE adoptions (
    identity  TEXT    NOT NULL PRIMARY KEY CHECK (identity <> ''),
    adoptedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER auditIsOnlyContinued BEFORE INSERT ON audit
WHEN NEW.sequence <= (SELECT max(sequence) FROM audit)
BEGIN
    SELECT raise(ABORT, 'audit records are never put in place of others');
END;

CREATE TRIGGER auditIsNeverChanged BEFORE UPDATE ON audit
BEGIN
    SELECT raise(ABORT, 'audit records are never changed');
END;

CREATE TRIGGER auditIsNeverShortened BEFORE DELETE ON audit
BEGIN
    SELECT raise(ABORT, 'audit records are never deleted');
END;
