"""The bot as a daemon: ``scripts/webqqd start|stop|restart|status|foreground``."""

import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from logging.handlers import WatchedFileHandler
from pathlib import Path

import click
import platformdirs
from daemon import DaemonContext  # type: ignore[import-untyped]  # it has no annotations

from webqq.cli import help_without_command, options, run
from webqq.cli.bot import serve_bot
from webqq.cli.config import DaemonConfig, read_config
from webqq.cli.pidfile import AlreadyRunning, PIDFile
from webqq.cli.running import run_stoppable
from webqq.protocol.errors import WebQQError

__all__ = ["commands", "main"]

logger = logging.getLogger("webqq.daemon")

STOP_SECONDS = 30.0
"""How long ``stop`` waits for the daemon to end: the bot lets handlers that run come to their end."""

NOT_RUNNING = 3
"""Exit code of ``status`` (Linux Standard Base, init script actions)."""


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(platformdirs.user_config_dir("webqq", appauthor=False), "webqqd.toml"),
    show_default=True,
    metavar="FILE",
    help="TOML file with gateway, account, password_file, plugins, data, pid_file, log_file, ...",
)
@click.pass_context
def commands(ctx: click.Context, config: Path) -> None:
    """The bot as a daemon."""
    help_without_command(ctx)
    ctx.obj = config


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with ``arguments``, those of the process by default, and end the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(commands, _options_first(words), "webqqd"))


def _options_first(words: list[str]) -> list[str]:
    """``start --config FILE`` means the same as ``--config FILE start``."""
    for index, word in enumerate(words):
        if word == "--config":
            return [*words[index : index + 2], *words[:index], *words[index + 2 :]]
        if word.startswith("--config="):
            return [word, *words[:index], *words[index + 1 :]]
    return words


def _config(ctx: click.Context, *, with_password: bool = True) -> DaemonConfig:
    return read_config(ctx.obj, options.default_folder(), with_password=with_password)


@commands.command("start")
@click.pass_context
def start(ctx: click.Context) -> int:
    """Start in the background; returns once the bot is signed in, or tells why it is not."""
    return _start(_config(ctx))


@commands.command("stop")
@click.pass_context
def stop(ctx: click.Context) -> int:
    """Stop, and wait until it has ended."""
    return _stop(_config(ctx, with_password=False))


@commands.command("restart")
@click.pass_context
def restart(ctx: click.Context) -> int:
    """Stop, if it runs, and start."""
    config = _config(ctx)
    _stop(config)
    return _start(config)


@commands.command("status")
@click.pass_context
def status(ctx: click.Context) -> int:
    """Tell whether it runs. Exit code 0: it does; 3: it does not."""
    pid = PIDFile(_config(ctx, with_password=False).pid_file).holder()
    click.echo("stopped" if pid is None else f"running, PID {pid}")
    return NOT_RUNNING if pid is None else 0


@commands.command("foreground")
@click.pass_context
def foreground(ctx: click.Context) -> int:
    """Run without going to the background, with the log on standard error; for service managers."""
    config = _config(ctx)
    options.start_log(logging.INFO)
    with PIDFile(config.pid_file):
        _serve(config, lambda: click.echo(f"{config.bot.login.account} is online"))
    return 0


def _start(config: DaemonConfig) -> int:
    pid = PIDFile(config.pid_file).holder()
    if pid is not None:
        raise AlreadyRunning(f"already running, PID {pid}")
    _check_log(config.log_file)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _become_daemon(config, writing)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, encoding="utf-8", errors="replace") as report:
        told = report.read().strip()
    if told != _ONLINE:
        raise WebQQError(told or f"it ended without a word; see {config.log_file}")
    click.echo(f"{config.bot.login.account} is online, PID {PIDFile(config.pid_file).holder()}")
    return 0


_ONLINE = "online"


def _become_daemon(config: DaemonConfig, report: int) -> None:
    """Detach from the terminal and serve; never returns. ``report`` is where the starter waits for news."""
    code = 1
    try:
        with DaemonContext(detach_process=True, files_preserve=[report], umask=0o077, pidfile=None):
            code = _serve_detached(config, _Report(report))
    except BaseException:
        logger.exception("the daemon failed")
    finally:
        os._exit(code)


class _Report:
    """The pipe to the starter: takes one line, then the starter goes on."""

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd
        fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)

    def __call__(self, line: str) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.write(fd, line.encode())
            os.close(fd)


def _serve_detached(config: DaemonConfig, report: _Report) -> int:
    handler = WatchedFileHandler(config.log_file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    try:
        with PIDFile(config.pid_file):
            logger.info("started, PID %d", os.getpid())
            _serve(config, lambda: report(_ONLINE))
            logger.info("stopped")
    except WebQQError as error:
        logger.error("%s", error)
        report(str(error))
        return 1
    except BaseException as error:
        logger.exception("the daemon failed")
        report(f"{error!r}; see {config.log_file}")
        return 1
    return 0


def _serve(config: DaemonConfig, on_ready: Callable[[], object]) -> None:
    run_stoppable(lambda stop: serve_bot(config.bot, stop, on_ready))


def _check_log(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise WebQQError(f"the log file {path} cannot be written: {error.strerror}") from error


def _stop(config: DaemonConfig) -> int:
    file = PIDFile(config.pid_file)
    pid = file.holder()
    if not pid:
        click.echo("not running")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while file.holder() == pid:
        if time.monotonic() > deadline:
            raise WebQQError(f"PID {pid} did not end within {STOP_SECONDS:g} s of SIGTERM")
        time.sleep(0.05)
    click.echo("stopped")
    return 0


if __name__ == "__main__":
    main()
