#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox {

/// Rows of CSV, rendered once into a file and mapped, so that any run of rows is a plain range of bytes.
/// Knows the place of every thousandth row; others are found by walking from there. The file goes with the
/// object. Immutable once made: thread-safe.
class Spool {
  public:
    class Writer;

    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool();

    [[nodiscard]] std::int64_t rows() const { return rows_; }
    /// Bytes of the rows [from, to).
    [[nodiscard]] std::string_view range(std::int64_t from, std::int64_t to) const;
    /// The last row end that keeps a range from `from` within about `bytes_max`; at least one step on.
    [[nodiscard]] std::int64_t end_within(std::int64_t from, std::uint64_t bytes_max) const;

  private:
    Spool() = default;
    [[nodiscard]] std::uint64_t offset(std::int64_t row) const;

    std::filesystem::path file_;
    std::string_view bytes_;
    std::vector<std::uint64_t> index_;  ///< where rows 0, 1000, 2000 … begin
    std::int64_t rows_ = 0;
};

/// Writes a spool, front to back. Destroyed unfinished, it leaves no file.
class Spool::Writer {
  public:
    /// How many rows every `append` but the last has to bring.
    static constexpr std::int64_t rows_per_step = 1'000;

    static Result<std::unique_ptr<Writer>> create(std::filesystem::path file);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();

    Result<void> append(std::string_view bytes, std::int64_t rows);
    Result<std::shared_ptr<const Spool>> finish();

  private:
    Writer(std::filesystem::path file, int descriptor);
    std::filesystem::path file_;
    int descriptor_;
    std::vector<std::uint64_t> index_;
    std::uint64_t size_ = 0;
    std::int64_t rows_ = 0;
};

}  // namespace koppla::sandbox
