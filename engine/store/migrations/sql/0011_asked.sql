-- Whether a row passes a filter that may name any of its levels (a category's code).
CREATE FUNCTION asked(wanted text, one text, two text, three text, four text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
RETURN wanted IS NULL OR coalesce(wanted = one, false) OR coalesce(wanted = two, false)
    OR coalesce(wanted = three, false) OR coalesce(wanted = four, false);
