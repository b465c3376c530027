#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace koppla {

/// Told of a transfer as it goes on, on the threads that work; must be quick. Thread-safe.
class TransferObserver {
  public:
    virtual ~TransferObserver() = default;
    /// What is being done now.
    virtual void note(std::string_view text) = 0;
    /// What went wrong and is being got over.
    virtual void trouble(std::string_view text) = 0;
    /// How many rows are done, and of how many where that is known.
    virtual void rows(std::int64_t done, std::optional<std::int64_t> expected) = 0;
};

}  // namespace koppla
