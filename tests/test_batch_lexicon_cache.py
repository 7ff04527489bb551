"""The compiled lexicon: a start reads it from the cache, and no state of the cache can change what is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hccassist.caching import cache_folder
from hccassist.terminology.codes import load_codes
from hccassist.terminology.compiled import knowledge_version, load_lexicon, read_compiled, write_compiled
from hccassist.terminology.lexicon import Lexicon, compile_lexicon
from hccassist.terminology.rows import KnowledgeError, load
from hccassist.terminology.words import Normalizer

pytestmark = pytest.mark.xdist_group("lexicon")  # one process compiles it, not each

TEXT = "Chronic systolic heart failure, likely RA; on furosemide. No evidence of COPD. BNP 900, left BKA."


@pytest.fixture(scope="module")
def compiled() -> tuple[Lexicon, dict[str, str]]:
    """All the shipped knowledge, and its abbreviations."""
    knowledge, _ = load()
    abbreviations = {row.written: row.meaning for row in knowledge.abbreviations}
    return compile_lexicon(knowledge, load_codes(), Normalizer(abbreviations)), abbreviations


@pytest.fixture(scope="module")
def file(compiled: tuple[Lexicon, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cache") / "lexicon.bin"
    write_compiled(path, *compiled)
    return path


@pytest.fixture
def no_cached_lexicon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    load_lexicon.cache_clear()
    yield
    monkeypatch.undo()
    load_lexicon.cache_clear()


def everything(lexicon: Lexicon, text: str) -> list[object]:
    tokens = lexicon.normalizer.tokens(text)
    tries = (lexicon.terms, lexicon.attributes, lexicon.note_attributes, lexicon.evidence, lexicon.context, lexicon.clues)
    return [hit for trie in tries for hit in trie.every(tokens, 0, len(tokens))]


def meanings(lexicon: Lexicon) -> dict[str, object]:
    return {word: [(r.name, r.condition, dict(r.cues.entries)) for r in found] for word, found in lexicon.readings.items()}


def test_a_lexicon_from_the_file_is_the_one_that_was_compiled(file: Path, compiled: tuple[Lexicon, dict[str, str]]) -> None:
    fresh, read = compiled[0], read_compiled(file, "", load_codes())
    assert read is not None
    assert everything(read, TEXT) == everything(fresh, TEXT) != []
    for table in ("conditions", "sections", "combinations", "attribute_names", "implied", "high_risk", "suspects"):
        assert getattr(read, table) == getattr(fresh, table)
    for trie in ("terms", "attributes", "note_attributes", "evidence", "context", "clues"):
        assert set(getattr(read, trie).first_words) == set(getattr(fresh, trie).first_words)
    assert meanings(read) == meanings(fresh)


@pytest.mark.parametrize("damage", ["cut off", "one byte", "empty", "another format"])
def test_a_damaged_file_is_not_read(file: Path, tmp_path: Path, damage: str) -> None:
    whole = bytearray(file.read_bytes())
    if damage == "one byte":
        whole[-100] ^= 1
    content = {"cut off": whole[:-1], "one byte": whole, "empty": b"", "another format": b'{"version": 1}\n'}[damage]
    (tmp_path / "lexicon.bin").write_bytes(content)
    assert read_compiled(tmp_path / "lexicon.bin", "", load_codes()) is None


def test_changed_knowledge_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = knowledge_version()
    monkeypatch.setenv("HCCASSIST_KNOWLEDGE", str(tmp_path))
    (tmp_path / "terms.csv").write_text("one row")
    own = knowledge_version()
    (tmp_path / "terms.csv").write_text("two row")
    assert len({before, own, knowledge_version()}) == 3


@pytest.mark.usefixtures("no_cached_lexicon")
def test_wrong_knowledge_is_named_and_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "terms/own.csv"
    own.parent.mkdir()
    own.write_text("condition,attributes,terms,flags,source\nheart_failure,,pump,loud,our clinic\n")
    monkeypatch.setenv("HCCASSIST_KNOWLEDGE", str(tmp_path))
    for _ in range(2):
        with pytest.raises(KnowledgeError, match=r"terms/own\.csv:2: flags"):
            load_lexicon()


def test_processes_that_start_at_once_without_a_cache_all_find_the_same(tmp_path: Path) -> None:
    script = (
        "from hccassist.terminology.compiled import load_lexicon\n"
        f"lexicon = load_lexicon(); tokens = lexicon.normalizer.tokens({TEXT!r})\n"
        "print([(i, j, [t.condition for t in terms]) for i, j, terms in lexicon.terms.find(tokens, 0, len(tokens))])"
    )
    load_codes()
    (tmp_path / "cache").mkdir()
    for codes in cache_folder().glob("codes-*.json"):
        shutil.copy(codes, tmp_path / "cache")
    environment = {**os.environ, "HCCASSIST_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-c", script]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate()[0] for process in running}
    assert len(said) == 1
    assert "heart_failure" in said.pop()
    assert len(list((tmp_path / "cache").glob("lexicon-*"))) == 1
    assert not list((tmp_path / "cache").glob("*.part"))


def test_a_cache_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    environment = {**os.environ, "HCCASSIST_CACHE": str(tmp_path / "file")}
    script = "from hccassist.terminology.compiled import load_lexicon; print(len(load_lexicon().conditions) > 100)"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
