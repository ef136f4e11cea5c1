"""Random diagrams beside a model, and damaged files."""

import pytest

pytest.register_assert_rewrite("tests.properties.lockstep", "tests.properties.watching")
