"""The comparison data set as an SQLite file: the same rows as dataset.sql. Usage: dataset_sqlite.py FILE [--rows-only]

With --rows-only the file has its tables already, such as Dovetail's."""
import os, sqlite3, sys
path = sys.argv[1]
rows_only = "--rows-only" in sys.argv
if os.path.exists(path) and not rows_only: os.remove(path)
db = sqlite3.connect(path)
if not rows_only: db.executescript("""
PRAGMA journal_mode=WAL;
CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name varchar(100) NOT NULL);
CREATE TABLE posts (id integer PRIMARY KEY AUTOINCREMENT, title varchar(200) NOT NULL, content text NOT NULL,
  owner_id integer NOT NULL REFERENCES users(id) ON DELETE CASCADE);
CREATE INDEX posts_owner_id ON posts(owner_id);
CREATE TABLE students (id integer PRIMARY KEY AUTOINCREMENT, name varchar(100) NOT NULL);
CREATE TABLE courses (id integer PRIMARY KEY AUTOINCREMENT, title varchar(200) NOT NULL);
CREATE TABLE enrollments (student_id integer NOT NULL REFERENCES students(id) ON DELETE CASCADE,
  course_id integer NOT NULL REFERENCES courses(id) ON DELETE CASCADE, PRIMARY KEY (student_id, course_id));
CREATE INDEX enrollments_course_id ON enrollments(course_id);
""")
db.executemany("INSERT INTO users(name) VALUES (?)", ((f"user {g}",) for g in range(1, 1001)))
db.executemany("INSERT INTO posts(title,content,owner_id) VALUES (?,?,?)",
    ((f"post {g}", f"lorem ipsum dolor sit amet {g} " * 12, (g - 1) % 1000 + 1) for g in range(1, 20001)))
db.executemany("INSERT INTO students(name) VALUES (?)", ((f"student {g}",) for g in range(1, 5001)))
db.executemany("INSERT INTO courses(title) VALUES (?)", ((f"course {g}",) for g in range(1, 201)))
db.executemany("INSERT OR IGNORE INTO enrollments (student_id, course_id) VALUES (?,?)",
    ((s, (s * 7 + k * 31) % 200 + 1) for s in range(1, 5001) for k in range(6)))
db.commit(); db.execute("ANALYZE"); db.commit()
