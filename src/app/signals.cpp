#include "app/signals.h"

#include <csignal>
#include <cstdio>

#include <unistd.h>

namespace koppla {

namespace {

constexpr int interrupted_exit = 130;

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

Signals::Signals() {
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    watcher_ = std::jthread{[this](const std::stop_token& ended) {
        const sigset_t waited = watched();
        for (;;) {
            int signal = 0;
            sigwait(&waited, &signal);
            if (ended.stop_requested()) return;
            if (stop_.stop_requested()) _exit(interrupted_exit);
            std::fputs("\nstopping; once more to leave at once\n", stderr);
            stop_.request_stop();
        }
    }};
}

Signals::~Signals() {
    watcher_.request_stop();
    pthread_kill(watcher_.native_handle(), SIGINT);
}

}  // namespace koppla
