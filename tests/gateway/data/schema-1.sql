-- A data file of schema 1, as the gateway wrote it before commands could change its community: the accounts of
-- tests/gateway/helpers.py, sealed under a key of zeros; a login with a session; a letter that waits.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    argon2 TEXT NOT NULL,
    sealed_key BLOB NOT NULL
);
CREATE TABLE grp (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    seq INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE login (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    state TEXT NOT NULL,
    landing TEXT NOT NULL,
    alias_key BLOB NOT NULL,
    expires REAL NOT NULL
);
CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    login INTEGER NOT NULL REFERENCES login (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    status TEXT NOT NULL,
    client_type INTEGER NOT NULL
);
CREATE INDEX session_login ON session (login);
CREATE TABLE letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender INTEGER NOT NULL,
    grp INTEGER,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    content TEXT NOT NULL
);
CREATE TABLE mail (
    account INTEGER NOT NULL,
    letter INTEGER NOT NULL REFERENCES letter (id),
    PRIMARY KEY (account, letter)
) WITHOUT ROWID;
CREATE INDEX mail_letter ON mail (letter);
CREATE TABLE sent (
    session INTEGER NOT NULL,
    msg_id INTEGER NOT NULL,
    digest BLOB NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (session, msg_id, digest)
) WITHOUT ROWID;
CREATE INDEX sent_at ON sent (at);
INSERT INTO account VALUES (1, 100200300, '$argon2id$v=19$m=8,t=1,p=1$HjPQekCVc8VB5xWj7bdgdA$FX+6VqmVvEiLc0i1DUzm0cDJS8yWGIuIBudJNNrx4mw', 'gAAAAABrDKKhaZHhGbrnc28DTaB_f6kUwKjcFiTgDNbsASVK_m1ezjMmF7g2L4lY0y8ZsEAkr9YPRZ9WAgZJ09vIUrEA82zHoh-uJJub1eb_Ef_RldJMkg4=');
INSERT INTO account VALUES (2, 300400500, '$argon2id$v=19$m=8,t=1,p=1$QSidS7uREKRTqQ4P7D6j0A$tV/W9BIadQgqFWXovdh0Z7naoDQgsxghcUOFB4q2Om4', 'gAAAAABrDKKhlR3whyMbnZ7DZmpH30eh5lPdIR7WuBLEctvRsXOZECeiYP5y2gTp68Gb2q0RaEuGl5cTyKBFe4yeJQ6zr9Kak2m5HX6Z3bOdscQHTDEAFIY=');
INSERT INTO account VALUES (3, 500600700, '$argon2id$v=19$m=8,t=1,p=1$4zFbOPHzWAI09JmKLqWfAA$/8o5TtQsTWyILunQ6kQJWKttEx16LO+2KBLthdaAlmo', 'gAAAAABrDKKhozR9RkfDxRz_TWb9ogWXSci1zEOxfFH5vj9_jqUkWLfA3yuQTUCaNBj_UGsEzAl0f5yYNCZEGRq4mmQYSrVkNf-sKxPJcXlqpuv5GSKRXtk=');
INSERT INTO account VALUES (4, 700800900, '$argon2id$v=19$m=8,t=1,p=1$zGQ00Dmb2UGLa5obSpHBOA$JtKbfY3oHOhMvoxIMMpfkmepfjVW1dwCScjQNmbiFEE', 'gAAAAABrDKKhYjNE2TYHrBtGOumWXjX8B3bZ7P0OOE9DdYKgmwhgAtcvq-Vx3Alnn3pb62tHkb4edsthD_gJMUV_7z1dISHMj5a6qcIZrOm1RTrwcLafKEo=');
INSERT INTO grp VALUES (1, 900100, 7);
INSERT INTO login VALUES (4711, 300400500, 'confirmed', '/', x'000102030405060708090a0b0c0d0e0f', 4000000000.0);
INSERT INTO session VALUES (4712, 4711, 'live', 'online', 50);
INSERT INTO letter VALUES (42, 100200300, NULL, 0, 1700000000, '["before",["font",{"name":"宋体","size":10,"style":[0,0,0],"color":"000000"}]]');
INSERT INTO mail VALUES (300400500, 42);
PRAGMA user_version = 1;
