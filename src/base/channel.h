#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace koppla {

/// A queue between threads, bounded by the weight (bytes, say) of what lies in it and of the item that was
/// taken last, which is thought to be in work until the next is taken. An item heavier than the bound passes
/// alone. Any writers, one reader.
template <class T>
class Channel {
  public:
    explicit Channel(std::size_t weight_max) : weight_max_{weight_max} {}

    /// Waits for room. False when the channel was closed or `stop` was requested: the item is dropped.
    bool put(T item, std::size_t weight, const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        const bool ready = room_.wait(
            lock, stop, [&] { return closed_ || weight_ == 0 || weight_ + weight <= weight_max_; });
        if (!ready || closed_) return false;
        weight_ += weight;
        items_.emplace_back(std::move(item), weight);
        filled_.notify_one();
        return true;
    }

    /// Waits for an item. Nothing when the channel is closed and empty, or `stop` was requested.
    std::optional<T> take(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        weight_ -= std::exchange(taken_, 0);
        room_.notify_all();
        filled_.wait(lock, stop, [&] { return closed_ || !items_.empty(); });
        if (items_.empty() || stop.stop_requested()) return std::nullopt;
        auto [item, weight] = std::move(items_.front());
        items_.pop_front();
        taken_ = weight;
        return std::move(item);
    }

    /// No more items: readers drain what is left, writers are refused.
    void close() {
        std::scoped_lock lock{mutex_};
        closed_ = true;
        filled_.notify_all();
        room_.notify_all();
    }

  private:
    const std::size_t weight_max_;
    std::mutex mutex_;
    std::condition_variable_any room_;
    std::condition_variable_any filled_;
    std::deque<std::pair<T, std::size_t>> items_;
    std::size_t weight_ = 0;  ///< of the items, and of the one taken
    std::size_t taken_ = 0;
    bool closed_ = false;
};

}  // namespace koppla
