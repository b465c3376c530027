#pragma once

#include "base/clock.h"
#include "db/database.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace koppla {

/// All rows of a query, each made by `make(cursor)`, which answers a Result.
template <class Make>
auto read_all(db::Transaction& transaction, std::string_view sql,
              std::initializer_list<db::Parameter> parameters, Make make)
    -> Result<std::vector<typename std::invoke_result_t<Make, const db::Cursor&>::value_type>> {
    std::vector<typename std::invoke_result_t<Make, const db::Cursor&>::value_type> rows;
    auto cursor = TRY(transaction.query(sql, parameters));
    while (TRY(cursor->next())) rows.push_back(TRY(make(static_cast<const db::Cursor&>(*cursor))));
    return rows;
}

/// The first row, or nothing.
template <class Make>
auto read_first(db::Transaction& transaction, std::string_view sql,
                std::initializer_list<db::Parameter> parameters, Make make)
    -> Result<std::optional<typename std::invoke_result_t<Make, const db::Cursor&>::value_type>> {
    auto cursor = TRY(transaction.query(sql, parameters));
    if (!TRY(cursor->next())) return std::nullopt;
    return std::optional{TRY(make(static_cast<const db::Cursor&>(*cursor)))};
}

inline std::string text_at(const db::Cursor& cursor, int column) {
    return std::string{cursor.text(column)};
}

inline db::Bytes bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string bytes_at(const db::Cursor& cursor, int column) {
    const db::Bytes bytes = cursor.bytes(column);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An instant as the store writes it; what isn't one makes the store `corrupt`.
inline Result<Instant> instant_at(const db::Cursor& cursor, int column) {
    auto instant = parse_instant(cursor.text(column));
    if (!instant) {
        return error(ErrorKind::corrupt,
                     "the store holds a broken instant: " + std::move(instant).error().message);
    }
    return *instant;
}

}  // namespace koppla
