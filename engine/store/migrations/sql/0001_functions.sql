-- All pairs of neighbours in a text, lower case, and each character of a script that writes
-- no spaces (from U+2E80 on); engine/store/search.py says what for.
CREATE FUNCTION bigrams(value text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    COST 20000 -- milliseconds for a long text: never to be computed for row after row
RETURN (
    SELECT coalesce(array_agg(DISTINCT gram), '{}')
    FROM (
        SELECT unnest(CASE WHEN c >= U&'\2E80' COLLATE "C" THEN ARRAY[c, c || n] ELSE ARRAY[c || n] END) AS gram
        FROM (
            SELECT c, lead(c) OVER (ORDER BY i) AS n
            FROM unnest(string_to_array(lower(value), NULL)) WITH ORDINALITY AS t (c, i)
        ) AS pairs
    ) AS grams
    WHERE gram IS NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END;
$$;
