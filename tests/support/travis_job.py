"""What Travis sets for a job."""

from __future__ import annotations

SLUG = "octocat/demo"
WEB_URL = f"https://app.travis-ci.com/{SLUG}"


def job(**changes: str | None) -> dict[str, str]:
    """Return a push build's variables: ``TRAVIS_TAG="v1.0"`` changes one, None leaves one out."""
    variables: dict[str, str | None] = {
        "CI": "true",
        "CONTINUOUS_INTEGRATION": "true",
        "TRAVIS": "true",
        "TRAVIS_ALLOW_FAILURE": "false",
        "TRAVIS_BRANCH": "staging",
        "TRAVIS_BUILD_DIR": f"/home/travis/build/{SLUG}",
        "TRAVIS_BUILD_ID": "263000000",
        "TRAVIS_BUILD_NUMBER": "42",
        "TRAVIS_BUILD_STAGE_NAME": "",
        "TRAVIS_BUILD_WEB_URL": f"{WEB_URL}/builds/263000000",
        "TRAVIS_COMMIT": "7f0e4b2c9d1a8e6f5b3c2d1e0f9a8b7c6d5e4f30",
        "TRAVIS_COMMIT_MESSAGE": "Say hello in more languages",
        "TRAVIS_COMMIT_RANGE": "0a1b2c3d4e5f...7f0e4b2c9d1a",
        "TRAVIS_CPU_ARCH": "amd64",
        "TRAVIS_DIST": "focal",
        "TRAVIS_EVENT_TYPE": "push",
        "TRAVIS_JOB_ID": "600000001",
        "TRAVIS_JOB_NAME": "",
        "TRAVIS_JOB_NUMBER": "42.1",
        "TRAVIS_JOB_WEB_URL": f"{WEB_URL}/jobs/600000001",
        "TRAVIS_OS_NAME": "linux",
        "TRAVIS_PULL_REQUEST": "false",
        "TRAVIS_PULL_REQUEST_BRANCH": "",
        "TRAVIS_PULL_REQUEST_SHA": "",
        "TRAVIS_PULL_REQUEST_SLUG": "",
        "TRAVIS_PYTHON_VERSION": "3.6",
        "TRAVIS_REPO_SLUG": SLUG,
        "TRAVIS_SECURE_ENV_VARS": "true",
        "TRAVIS_TAG": "",
        "TRAVIS_TEST_RESULT": "0",
        **changes,
    }
    return {name: value for name, value in variables.items() if value is not None}
