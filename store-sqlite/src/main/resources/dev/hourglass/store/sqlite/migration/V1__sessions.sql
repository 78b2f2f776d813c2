-- Instants are nanoseconds since 1970, durations are nanoseconds; both as INTEGER, so that they compare.
-- The key of a session is internal and orders sessions by their creation; clients only ever see the id.

CREATE TABLE sessions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  context_ttl INTEGER NOT NULL,
  last_active INTEGER NOT NULL,
  turns INTEGER NOT NULL,
  terminating INTEGER NOT NULL CHECK (terminating IN (0, 1))
) STRICT;

CREATE TABLE session_metadata (
  session_key INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (session_key, name)
) STRICT;

CREATE TABLE turns (
  session_key INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  retry_key TEXT,
  status TEXT NOT NULL,
  finish_reason TEXT,
  input_messages INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  cached_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (session_key, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX turns_by_retry_key ON turns (session_key, retry_key) WHERE retry_key IS NOT NULL;

-- A turn's input is its first input_messages messages; its answer, if it has one, is the message after them.
-- So a history is one walk along the unique index.
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  session_key INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  position INTEGER NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  UNIQUE (session_key, turn, position),
  FOREIGN KEY (session_key, turn) REFERENCES turns (session_key, number) ON DELETE CASCADE
) STRICT;

-- Receipts outlive their sessions, hence no reference. The key orders them by the time they were saved.
CREATE TABLE receipts (
  key INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  reason TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  residue_kv_tokens INTEGER
) STRICT;

CREATE TABLE receipt_stages (
  receipt_key INTEGER NOT NULL REFERENCES receipts (key) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  stage TEXT NOT NULL,
  outcome TEXT NOT NULL,
  took INTEGER NOT NULL,
  PRIMARY KEY (receipt_key, position)
) STRICT, WITHOUT ROWID;

-- Lets a start see in one read that the schema is current.
PRAGMA user_version = 1;
