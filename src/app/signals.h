#pragma once

#include <stop_token>
#include <thread>

namespace koppla {

/// Turns the first SIGINT or SIGTERM into a stop request, and a second one into an exit at once. Make it
/// before any other thread, so that they all leave the signals to it.
class Signals {
  public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

  private:
    std::stop_source stop_;
    std::jthread watcher_;
};

}  // namespace koppla
