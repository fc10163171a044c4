"""What the user wants: options resolved from the command line and the environment, and nothing but that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .. import servers
from ..job import Conditions
from .values import Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..servers import Server
    from .command_line import CommandLine


class Settings(NamedTuple):
    """Every option's value, under the option's name; times are in seconds.

    ``sources`` says, by the option's attribute, which option or variable a value came from; ``warnings`` are sentences
    about values that were taken for something else.
    """

    dist: tuple[str, ...]
    branch: tuple[str, ...]
    all_branches: bool
    tags: bool | None
    repo: str | None
    python: tuple[str, ...]
    condition: tuple[str, ...]
    server: Server
    index_url: str | None
    username: str
    password_env: tuple[str, ...]
    distributions: tuple[str, ...]
    project_dir: str
    dist_dir: str
    check: bool
    strict: bool
    match_tag: bool
    skip_existing: bool
    jobs: int
    retries: int
    timeout: int
    wait: int
    allow_plain_http: bool
    dry_run: bool
    check_only: bool
    narrow_token: bool
    report: str | None
    verbose: bool
    sources: Mapping[str, str]
    warnings: tuple[str, ...]

    @property
    def conditions(self) -> Conditions:
        """Return what must hold before a job deploys."""
        return Conditions(
            branch=self.branch,
            all_branches=self.all_branches,
            tags=self.tags,
            repo=self.repo,
            python=self.python,
            condition=self.condition,
            sources=self.sources,
        )


def resolve(line: CommandLine, environ: Mapping[str, str]) -> Settings:
    """Return the settings; raises UsageError that names the option or variable of the first wrong value."""
    values = Values(line.given, environ)
    server, dead_address = servers.find(values.text("server"), source=values.sources["server"])
    settings = Settings(
        dist=line.dist,
        branch=values.many("branch"),
        all_branches=values.switch("all_branches"),
        tags=values.optional_switch("tags"),
        repo=values.repository("repo"),
        python=values.python_versions("python"),
        condition=values.many("condition"),
        server=server,
        index_url=values.url("index_url"),
        username=values.text("username"),
        password_env=values.variable_names("password_env", environ),
        distributions=values.formats("distributions"),
        project_dir=values.text("project_dir"),
        dist_dir=values.text("dist_dir"),
        check=values.switch("check"),
        strict=values.switch("strict"),
        match_tag=values.switch("match_tag"),
        skip_existing=values.switch("skip_existing"),
        jobs=values.whole_number("jobs", least=1),
        retries=values.whole_number("retries", least=0),
        timeout=values.whole_number("timeout", least=1),
        wait=values.whole_number("wait", least=0),
        allow_plain_http=values.switch("allow_plain_http"),
        dry_run=values.switch("dry_run"),
        check_only=values.switch("check_only"),
        narrow_token=values.switch("narrow_token"),
        report=values.optional_text("report"),
        verbose=values.switch("verbose"),
        sources=values.sources,
        warnings=(dead_address,) if dead_address else (),
    )
    values.refuse_tokens(line.dist)
    return settings
