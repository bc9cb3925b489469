-- Made-up rows for the tables of schema.sql: the same at each run, from generate_series and remainders, without random().
-- None of them is of the Chinook database. Load: psql -v ON_ERROR_STOP=1 -f rows.sql URL
--
-- What they hold on purpose: NULL in every nullable column, and ties in most; texts that are empty, of other scripts, of several planes of
-- Unicode, composed and decomposed, with the wildcards of LIKE, quotes, breaks, blanks at an end, and of the most characters that a column
-- takes; the least and the greatest integers and decimals; moments with microseconds, of a leap day, and of far years; keys below 0, with
-- gaps, and the greatest; parents without children; an employee tree of three levels with two more roots; rows whose order in the table
-- is not that of their keys.

BEGIN;
SET LOCAL standard_conforming_strings = on;
SET LOCAL TimeZone = 'UTC';

TRUNCATE album, artist, customer, employee, genre, invoice, invoice_line, media_type, playlist, playlist_track, track;

-- Words, by their number from 0.
CREATE FUNCTION pg_temp.word(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT (ARRAY[
    'Alder', 'Birch', 'Čelo', 'Dömötör', 'Ébène', 'fjord', 'Größe', 'Harp', 'İstanbul', 'Jörð', 'Kyū 九', 'Łódź',
    'Mōra', 'naïve', 'Ωmega', 'Привет', 'שלום', 'سلام', 'नमस्ते', '音楽', '한국어', '🎵', '𝄞 clef', 'zebra', 'Zebra', 'ZEBRA'
  ])[1 + number % 26]
$$;

-- 12 genres: 4 and 9 have the same name, 7 has none, 11 has an empty one; 12 has no tracks.
INSERT INTO genre (genre_id, name)
SELECT i, CASE WHEN i = 7 THEN NULL WHEN i = 11 THEN '' WHEN i IN (4, 9) THEN 'Folk' ELSE 'Genre ' || pg_temp.word(i * 5) END
FROM generate_series(12, 1, -1) i;

-- 5 media types: 3 has no name, 5 has no tracks.
INSERT INTO media_type (media_type_id, name)
SELECT i, CASE WHEN i = 3 THEN NULL ELSE 'Media ' || i || ' (100% "loss_less")' END
FROM generate_series(1, 5) i;

-- 34 artists.
INSERT INTO artist (artist_id, name)
SELECT i, CASE WHEN i % 8 = 0 THEN NULL WHEN i % 11 = 0 THEN 'Various' ELSE pg_temp.word(i * 7) || ' & ' || pg_temp.word(i * 3 + 1) END
FROM generate_series(30, 1, -1) i
UNION ALL VALUES
  (-1, E'Caf\u00e9'),                                  -- composed
  (-2147483648, E'Cafe\u0301'),                        -- decomposed: another text
  (2147483647, E'\uffee after \U0001f600?'),           -- above the surrogates of UTF-16, below the other planes
  (1000, E'\U0001f600 before \uffee?');

-- 45 albums, of which the titles of some are the same; artists 23 to 30 and 1000 have none; 44 and 45 have no tracks.
INSERT INTO album (album_id, title, artist_id)
SELECT i, CASE
    WHEN i % 9 = 0 THEN 'Greatest Hits'
    WHEN i = 10 THEN repeat('é', 160)
    WHEN i = 11 THEN ''
    WHEN i = 12 THEN '100%_sure\'
    WHEN i = 13 THEN 'it''s a "quote"'
    WHEN i = 14 THEN E'two\nlines\tand a tab'
    WHEN i = 15 THEN ' blank before and behind '
    ELSE pg_temp.word(i * 11) || ' ' || (i % 4)
  END,
  CASE WHEN i % 15 = 0 THEN (ARRAY[-1, -2147483648, 2147483647])[i / 15] ELSE 1 + (i * 7 + i / 6) % 22 END
FROM generate_series(1, 45) i;

-- 14 employees. 1 leads 2 to 4, who lead 5 to 12; 13 leads nobody, and reports to nobody; 14 reports to itself.
INSERT INTO employee (employee_id, last_name, first_name, title, reports_to, birth_date, hire_date, address, city, state, country,
                      postal_code, phone, fax, email)
SELECT i,
  CASE WHEN i % 4 = 0 THEN 'Smith' ELSE left(pg_temp.word(i * 9), 20) END,
  left(pg_temp.word(i * 5 + 3), 20),
  CASE WHEN i = 1 THEN 'General Manager' WHEN i <= 4 THEN 'Manager' WHEN i = 13 THEN NULL ELSE 'Agent' END,
  CASE WHEN i IN (1, 13) THEN NULL WHEN i <= 4 THEN 1 WHEN i = 14 THEN 14 ELSE 2 + i % 3 END,
  CASE WHEN i % 5 = 0 THEN NULL ELSE timestamp '1955-02-28 06:07:08.123456' + i * interval '401 days 3 hours' END,
  CASE WHEN i = 13 THEN NULL WHEN i <= 4 THEN timestamp '2004-02-29' ELSE timestamp '2011-10-17' + i % 3 * interval '1 year' END,
  CASE WHEN i % 6 = 0 THEN NULL ELSE i * 11 || ' ' || pg_temp.word(i) || ' St.' END,
  CASE WHEN i % 7 = 0 THEN NULL ELSE (ARRAY['Calgary', 'Lethbridge', 'Zürich'])[1 + i % 3] END,
  CASE WHEN i % 3 = 0 THEN NULL ELSE 'AB' END,
  CASE WHEN i = 13 THEN NULL ELSE 'Canada' END,
  CASE WHEN i % 4 = 1 THEN NULL ELSE 'T2P 5M' || i % 10 END,
  CASE WHEN i % 5 = 2 THEN NULL ELSE '+1 (403) 262-34' || 40 + i END,
  CASE WHEN i % 2 = 0 THEN NULL ELSE '+1 (403) 262-33' || 20 + i END,
  CASE WHEN i = 13 THEN NULL ELSE 'employee' || i || '@example.com' END
FROM generate_series(1, 14) i;

-- 40 customers; some are of no employee, and some have no invoices, such as 37 to 40.
INSERT INTO customer (customer_id, first_name, last_name, company, address, city, state, country, postal_code, phone, fax, email,
                      support_rep_id)
SELECT i,
  pg_temp.word(i * 5 + 2),
  left((ARRAY['Silva', 'Müller', 'Smith', 'de la Peña', 'Ó Súilleabháin', '李'])[1 + i % 6], 20),
  CASE WHEN i % 3 <> 0 THEN NULL ELSE 'Company ' || i % 4 END,
  CASE WHEN i = 7 THEN NULL ELSE i || ', Rua ' || pg_temp.word(i * 3) END,
  CASE WHEN i % 10 = 9 THEN NULL ELSE (ARRAY['São Paulo', 'Köln', 'Oslo', 'Montréal', 'Paris'])[1 + i % 5] END,
  CASE WHEN i % 2 = 0 THEN NULL ELSE (ARRAY['SP', 'QC', ''])[1 + i % 3] END,
  CASE WHEN i = 21 THEN NULL ELSE (ARRAY['Brazil', 'Germany', 'Norway', 'Canada', 'France'])[1 + i % 5] END,
  CASE WHEN i % 6 = 5 THEN NULL ELSE lpad((i * 937 % 100000)::text, 5, '0') END,
  CASE WHEN i % 8 = 1 THEN NULL ELSE '+55 ' || i * 1234567 END,
  CASE WHEN i % 4 <> 3 THEN NULL ELSE '+55 ' || i * 7654321 END,
  'customer' || i || '@example.com',
  CASE WHEN i % 7 = 0 THEN NULL ELSE 5 + i % 5 END
FROM generate_series(40, 1, -1) i;

-- 150 tracks, whose keys are the multiples of 3; some are of no album, and some of no genre.
INSERT INTO track (track_id, name, album_id, media_type_id, genre_id, composer, milliseconds, bytes, unit_price)
SELECT i * 3, CASE
    WHEN i % 25 = 0 THEN 'Intro'
    WHEN i = 2 THEN repeat('🎵', 200)
    WHEN i = 3 THEN 'a_b%c'
    WHEN i = 4 THEN 'aXbYc'
    WHEN i = 5 THEN ''
    ELSE pg_temp.word(i * 17) || ' no. ' || i % 10
  END,
  CASE WHEN i % 13 = 0 THEN NULL ELSE 1 + (i * 5 + i / 8) % 43 END,
  1 + i % 4,
  CASE WHEN i % 9 = 0 THEN NULL ELSE 1 + i * 7 % 11 END,
  CASE WHEN i % 3 = 0 THEN NULL WHEN i = 10 THEN repeat('W', 220) ELSE pg_temp.word(i % 5) || ', ' || pg_temp.word(i % 7 + 9) END,
  CASE WHEN i = 1 THEN 0 WHEN i = 150 THEN 2147483647 ELSE 60000 + i * 7919 % 240 * 1000 END,
  CASE WHEN i % 10 = 7 THEN NULL WHEN i = 1 THEN -2147483648 WHEN i = 150 THEN 2147483647 ELSE 1000000 + i * 104729 % 9000000 END,
  CASE WHEN i = 1 THEN 0 WHEN i = 150 THEN 99999999.99 WHEN i = 149 THEN -99999999.99
    ELSE (ARRAY[0.99, 1.99, 0.90, 1.00, 10.00])[1 + i % 5] END
FROM generate_series(1, 150) i;

-- 90 invoices of customers up to 36; 81 to 90 have no lines.
INSERT INTO invoice (invoice_id, customer_id, invoice_date, billing_address, billing_city, billing_state, billing_country,
                     billing_postal_code, total)
SELECT i, 1 + (i * 5 + i / 8 * (i / 8)) % 36,
  CASE
    WHEN i = 1 THEN timestamp '0001-01-01'
    WHEN i = 2 THEN timestamp '1969-12-31 23:59:59.999999'
    WHEN i = 3 THEN timestamp '2024-02-29 12:30:00.5'
    WHEN i = 4 THEN timestamp '9999-12-31 23:59:59.999999'
    ELSE timestamp '2021-01-01' + i / 4 * interval '1 month' + i % 2 * interval '1 microsecond'
  END,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i || ' ' || pg_temp.word(i * 3) || ' Road' END,
  CASE WHEN i % 6 = 1 THEN NULL ELSE (ARRAY['São Paulo', 'Köln', 'Oslo', 'Montréal', 'Paris'])[1 + i % 5] END,
  CASE WHEN i % 3 = 0 THEN NULL ELSE 'State ' || i % 4 END,
  CASE WHEN i % 11 = 0 THEN NULL ELSE (ARRAY['Brazil', 'Germany', 'Norway', 'Canada', 'France'])[1 + i % 5] END,
  CASE WHEN i % 4 = 2 THEN NULL ELSE lpad((i * 611 % 10000)::text, 4, '0') END,
  0
FROM generate_series(90, 1, -1) i;

-- 200 lines of invoices 1 to 80; each names one of the first 120 tracks.
INSERT INTO invoice_line (invoice_line_id, invoice_id, track_id, unit_price, quantity)
SELECT i, 1 + (i * 37 + i / 5) % 80, 3 * (1 + i * 53 % 120), (ARRAY[0.99, 1.99, 0.90, 1.00])[1 + i % 4],
  CASE WHEN i = 1 THEN 0 WHEN i = 2 THEN -1 ELSE 1 + i % 7 % 3 END
FROM generate_series(1, 200) i;

-- Rows that are updated move behind the others.
UPDATE invoice SET total = lines.total
FROM (SELECT invoice_id, sum(unit_price * quantity) AS total FROM invoice_line GROUP BY invoice_id) lines
WHERE lines.invoice_id = invoice.invoice_id;

-- 10 playlists: 4 and 8 have the same name, 6 has none, 10 has no tracks.
INSERT INTO playlist (playlist_id, name)
SELECT i, CASE WHEN i IN (4, 8) THEN 'Mix' WHEN i = 6 THEN NULL ELSE 'Playlist ' || pg_temp.word(i * 3 + 2) END
FROM generate_series(1, 10) i;

-- Places in playlists: 9 has one track, and many tracks are in several playlists.
INSERT INTO playlist_track (playlist_id, track_id)
SELECT DISTINCT 1 + (place % 8) * (place % 3) % 8, 3 * (1 + (place * 7 + place / 9) % 90) FROM generate_series(1, 160) place
UNION SELECT 9, 450
ORDER BY 2 DESC, 1;

COMMIT;
