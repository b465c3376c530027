#include "platform/options.h"

#include "platform/rows.h"

#include <algorithm>

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::size_t name_bytes_max = 255;

std::string select(std::string_view rest) {
    return fmt::format("select name, value, comment, scope, updated_at, updated_by from koppla_option {}",
                       rest);
}

Result<Option> option_of(const db::Cursor& row) {
    const Instant updated_at = TRY(instant_at(row, 4));
    return Option{.name = text_at(row, 0),
                  .value = text_at(row, 1),
                  .comment = text_at(row, 2),
                  .scope = text_at(row, 3),
                  .updated_at = updated_at,
                  .updated_by = text_at(row, 5)};
}

}  // namespace

Result<std::vector<Option>> Options::list() {
    return read_all(transaction_, select("order by name"), {}, option_of);
}

Result<std::optional<Option>> Options::find(std::string_view name) {
    return read_first(transaction_, select("where name = $1"), {name}, option_of);
}

Result<void> Options::set(const Option& option) {
    const bool has_control = std::any_of(option.name.begin(), option.name.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
    });
    if (option.name.empty() || option.name.size() > name_bytes_max || has_control) {
        return error(
            ErrorKind::invalid,
            fmt::format("an option's name has 1 to {} bytes and no control characters", name_bytes_max));
    }
    const std::string updated_at = format_instant(option.updated_at);
    TRY(transaction_.execute(
        "insert into koppla_option (name, value, comment, scope, updated_at, updated_by)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (name) do update set value = excluded.value,"
        " comment = excluded.comment, scope = excluded.scope, updated_at = excluded.updated_at,"
        " updated_by = excluded.updated_by",
        {std::string_view{option.name}, std::string_view{option.value}, std::string_view{option.comment},
         std::string_view{option.scope}, std::string_view{updated_at}, std::string_view{option.updated_by}}));
    return {};
}

Result<void> Options::remove(std::string_view name) {
    if (TRY(transaction_.execute("delete from koppla_option where name = $1", {name})) > 0) return {};
    return error(ErrorKind::not_found,
                 fmt::format("there is no option '{}'; `koppla option list` shows those there are",
                             name.substr(0, name_bytes_max)));
}

}  // namespace koppla
