#pragma once

#include "db/database.h"
#include "db/postgres/connection.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace koppla::db::postgres {

/// The rows of a statement as the server sends them, one at a time; where the connection is needed for
/// another statement meanwhile, the rest is kept in memory. Keeps the connection from being lent until it is
/// gone.
class Cursor final : public db::Cursor, private Occupant {
  public:
    static Result<std::unique_ptr<db::Cursor>> open(std::shared_ptr<Connection> connection,
                                                    std::string_view sql,
                                                    std::span<const Parameter> parameters);
    ~Cursor() override;
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    Result<bool> next() override;
    [[nodiscard]] int column_count() const override;
    [[nodiscard]] std::string_view column_name(int column) const override;
    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] double real(int column) const override;
    [[nodiscard]] std::string_view text(int column) const override;
    [[nodiscard]] Bytes bytes(int column) const override;

  private:
    explicit Cursor(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
    void make_way() override;
    Result<void> fetch();
    [[nodiscard]] std::string_view raw(int column) const;

    std::shared_ptr<Connection> connection_;
    Answer row_;                 ///< the current one; after the last, what describes the columns
    std::deque<Answer> coming_;  ///< received, and not asked for yet
    std::optional<Error> failed_;
    bool is_received_ = false;  ///< all of it
    bool has_row_ = false;
    mutable std::vector<std::string> made_;  ///< canonical texts and bytes of the current row, by column
};

}  // namespace koppla::db::postgres
