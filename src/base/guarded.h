#pragma once

#include <mutex>
#include <utility>

namespace koppla {

/// State shared between threads: reachable only while its lock is held.
template <class T>
class Guarded {
  public:
    Guarded() = default;
    explicit Guarded(T value) : value_{std::move(value)} {}

    template <class F>
    decltype(auto) with(F&& f) {
        std::scoped_lock lock{mutex_};
        return std::forward<F>(f)(value_);
    }

  private:
    std::mutex mutex_;
    T value_{};
};

}  // namespace koppla
