#pragma once

#include "base/guarded.h"
#include "transfer/pump.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace koppla {

/// One line on standard error that shows how far a piece of work is: a bar with rate, calls, elapsed and
/// remaining time on a terminal; elsewhere nothing but what is finished. Thread-safe.
class Progress final : public TransferObserver {
  public:
    /// `calls` tells the charged calls so far.
    Progress(std::string title, std::function<std::int64_t()> calls);
    ~Progress() override;
    void note(std::string_view text) override;
    void trouble(std::string_view text) override;
    void rows(std::int64_t read, std::optional<std::int64_t> expected) override;

  private:
    struct Shown {
        std::string note;
        std::int64_t read = 0;
        std::optional<std::int64_t> expected;
        std::chrono::steady_clock::time_point next_drawing;
    };
    void draw(const Shown& shown) const;

    std::string title_;
    std::function<std::int64_t()> calls_;
    std::chrono::steady_clock::time_point begun_;
    bool is_shown_;
    Guarded<Shown> shown_;
};

/// The most memory that this process has had so far.
double peak_mebibytes();

/// The same for things that are counted by name, as the wizard's objects.
void show_step(std::size_t done, std::size_t total, std::string_view name,
               std::chrono::steady_clock::time_point begun);

}  // namespace koppla
