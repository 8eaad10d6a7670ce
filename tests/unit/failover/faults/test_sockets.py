"""What /proc/net/tcp says of who is connected to whom."""

from __future__ import annotations

from dataops.failover.faults.sockets import Socket, parse_sockets, written

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 1 1 0 100 0 0 10 0
   1: 0100007F:C001 0B46AF7F:9B4D 01 00000000:00000000 00:00000000 00000000   101        0 2 1 0 20 4 30 10 -1
"""


def test_each_line_is_a_socket_with_its_owner() -> None:
    assert parse_sockets(TABLE) == (
        Socket(5432, "00000000:0000", 101),
        Socket(49153, "0B46AF7F:9B4D", 101),
    )
    assert parse_sockets("") == ()


def test_an_address_is_written_as_the_kernel_does_alone_and_mapped_into_version_6() -> None:
    assert written("127.175.70.11", 39757) == {
        "0B46AF7F:9B4D",
        "0000000000000000FFFF00000B46AF7F:9B4D",
    }
    assert written("::1", 5432) == {"00000000000000000000000001000000:1538"}
