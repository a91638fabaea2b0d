-- The terms on which agents sell, from a moment on. What is published is never changed. One lead and no
-- list of leads: an override has one level.
CREATE TABLE engagement (
    person_id BIGINT NOT NULL REFERENCES person (id),
    valid_from BIGINT NOT NULL,
    kind TEXT NOT NULL,
    contract TEXT NOT NULL,
    territory TEXT NOT NULL,
    grade TEXT NOT NULL,
    team TEXT NOT NULL,
    lead_id BIGINT REFERENCES person (id),
    shares TEXT NOT NULL,
    published_by BIGINT REFERENCES person (id),
    published_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, valid_from),
    CHECK (lead_id <> person_id)
);

INSERT INTO engagement (person_id, valid_from, kind, contract, territory, grade, team, lead_id, shares, published_by, published_at)
SELECT id, created_at, 'auto_entrepreneur', '', '', grade, '', NULL, '[]', NULL, created_at
FROM person WHERE role = 'agent' AND grade <> '';

ALTER TABLE person DROP COLUMN grade;

-- What a plan adds that looks at a whole month.
ALTER TABLE plan ADD COLUMN period TEXT NOT NULL DEFAULT '{}';
