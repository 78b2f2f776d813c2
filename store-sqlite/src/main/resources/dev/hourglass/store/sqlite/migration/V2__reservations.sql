-- The fence of a pool is that of its last change, whether or not the reservation is still here.
CREATE TABLE reservation_pools (
  pool TEXT PRIMARY KEY,
  fence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A window is counted in buckets of 10 seconds since 1970; after_last is the bucket after its last one.
CREATE TABLE reservations (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  pool TEXT NOT NULL REFERENCES reservation_pools (pool),
  first INTEGER NOT NULL,
  after_last INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status_ends_at INTEGER NOT NULL,
  number INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  PRIMARY KEY (pool, tenant, id)
) STRICT, WITHOUT ROWID;

-- Lets a start see in one read that the schema is current.
PRAGMA user_version = 2;
