#pragma once

#include "db/database.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::db::postgres {

/// Batches as the binary format of COPY, into one buffer that keeps its memory: nothing is allocated per
/// cell. [PostgreSQL: COPY, Binary Format; the types' own receive functions]
class CopyRows final {
  public:
    explicit CopyRows(std::span<const LoaderColumn> columns);

    /// What every COPY begins and ends with.
    void begin();
    void end();
    /// `invalid` where a cell isn't what its column holds; names column, row and value. Rows before it are
    /// in.
    Result<void> add(const model::Batch& batch, std::size_t row);

    [[nodiscard]] std::string_view bytes() const { return {buffer_.data(), size_}; }
    void clear() { size_ = 0; }
    [[nodiscard]] std::int64_t rows() const { return rows_; }

  private:
    enum class Form : std::uint8_t { text, boolean, integer, decimal, date, instant, wall_clock };
    struct Column {
        std::string name;
        Form form;
    };
    static Form form_of(const model::Type& type);
    static std::string_view wanted(Form form);
    void make_room(std::size_t bytes);
    /// False: the text isn't of the form. There has to be room for it.
    bool put(Form form, std::string_view text);
    bool put_decimal(std::string_view text);
    bool put_date(std::string_view text);
    bool put_time(std::string_view text, Form form);
    template <class Integer>
    void put_integer(Integer value);
    template <class Integer>
    void put_sized(Integer value);

    std::vector<Column> columns_;
    std::vector<char> buffer_;
    std::size_t size_ = 0;
    std::int64_t rows_ = 0;
};

}  // namespace koppla::db::postgres
