"""One run over every test server, shared by all that ask what it told."""

import pytest

from tests.suites.trials import SUBJECTS, Seen, Subject, finish, start


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """The run that tested a server, by the server's id."""
    parts: tuple[list[Subject], list[Subject], list[Subject]] = ([], [], [])
    for subject in SUBJECTS:
        parts[2 if subject.deep else any(defect.waits for defect in subject.defects)].append(subject)
    folders = [tmp_path_factory.mktemp("suite") for _ in parts]
    options = (("-q",), ("-q",), ("-q", "--mcp-deep"))
    started = [start(folder, part, *more) for folder, part, more in zip(folders, parts, options, strict=True)]
    runs = [finish(folder, process) for folder, process in zip(folders, started, strict=True)]
    return {subject.id: run for run, part in zip(runs, parts, strict=True) for subject in part}
