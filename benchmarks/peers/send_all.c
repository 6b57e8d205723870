/* Sends the same bytes to each of so many sockets; returns how many of them took all of it at once. */
#include <sys/socket.h>

int send_all(const int *sockets, int count, const char *bytes, long length) {
    int taken = 0;
    for (int number = 0; number < count; number++)
        taken += send(sockets[number], bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == length;
    return taken;
}
