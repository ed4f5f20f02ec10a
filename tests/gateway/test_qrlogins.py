from tests.gateway.helpers import BOT, PERSON, Clock
from webqq.gateway.qrlogins import QR_LOGINS, QR_SECONDS, QRLogins, QRState


def test_login_goes_from_the_picture_to_the_approval() -> None:
    logins = QRLogins(Clock())
    login = logins.issue("192.0.2.1")
    assert login.state is QRState.WAITING
    assert login.code not in login.qrsig
    found = logins.of_code(login.code, BOT)
    assert found is login
    logins.scan(found, BOT)
    assert logins.of_qrsig(login.qrsig) is login
    assert (login.state, login.account) == (QRState.SCANNED, BOT)
    logins.approve(found, BOT)
    assert login.state is QRState.APPROVED
    logins.scan(found, BOT)
    assert login.state is QRState.APPROVED
    logins.forget(login.qrsig)
    assert logins.of_code(login.code, BOT) is None


def test_picture_that_one_account_scanned_is_not_anothers() -> None:
    logins = QRLogins(Clock())
    login = logins.issue("")
    logins.scan(login, BOT)
    assert logins.of_code(login.code, PERSON) is None
    assert logins.of_code(login.code, BOT) is login


def test_code_is_no_qrsig_and_the_other_way_round() -> None:
    logins = QRLogins(Clock())
    login = logins.issue("")
    assert logins.of_qrsig(login.code) is None
    assert logins.of_code(login.qrsig, BOT) is None
    assert logins.of_qrsig("") is None


def test_picture_expires_and_is_swept() -> None:
    clock = Clock()
    logins = QRLogins(clock)
    login = logins.issue("")
    clock.now += QR_SECONDS
    assert logins.of_qrsig(login.qrsig) is None
    logins.sweep()
    assert len(logins) == 0


def test_new_picture_replaces_the_clients_old_one() -> None:
    logins = QRLogins(Clock())
    older = logins.issue("")
    logins.issue("", replaced=older.qrsig)
    assert logins.of_qrsig(older.qrsig) is None
    assert len(logins) == 1


def test_pictures_are_bounded() -> None:
    logins = QRLogins(Clock())
    for _ in range(QR_LOGINS + 3):
        logins.issue("")
    assert len(logins) == QR_LOGINS
