#include "transfer/mapping.h"

#include "base/ascii.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The target of that name, in its own spelling.
std::optional<std::string> target_named(const model::FieldSchema& reference, std::string_view name) {
    const auto found = std::ranges::find_if(
        reference.targets, [&](const std::string& target) { return equal_without_case(target, name); });
    return found == reference.targets.end() ? std::nullopt : std::optional{*found};
}

Result<void> read_parent(MappedColumn& column, const std::vector<std::string>& path,
                         const model::FieldSchema& field) {
    if (path.size() == 1) return {};
    if (field.type.kind != model::Kind::reference) {
        return error(ErrorKind::invalid,
                     fmt::format("{} is no reference: nothing can stand behind its name", field.name));
    }
    const auto target = target_named(field, path[1]);
    if (path.size() == 2 && target) {
        column.target_object = *target;
        return {};
    }
    if (path.size() == 3 && !target) {
        return error(ErrorKind::invalid, fmt::format("{} doesn't point to {}; it points to: {}", field.name,
                                                     path[1], fmt::join(field.targets, ", ")));
    }
    if (path.size() > 3 || path.back().empty()) {
        return error(ErrorKind::invalid,
                     fmt::format("a parent is written {0}.Key or {0}.Object.Key", field.name));
    }
    if (target) {
        column.target_object = *target;
    } else if (field.targets.size() == 1) {
        column.target_object = field.targets.front();
    } else if (field.targets.size() > 1) {
        return error(ErrorKind::invalid,
                     fmt::format("{0} points to several objects: write {0}.Object.{1}, with one of {2}",
                                 field.name, path[1], fmt::join(field.targets, ", ")));
    }
    column.target_key = path.back();
    return {};
}

/// A conversion whose outcome the field could never hold.
Result<void> check_conversion(const MappedColumn& column, const model::FieldSchema& field) {
    using model::Treatment;
    constexpr int hash_length = std::tuple_size_v<model::KeyedHash::result_type>;
    const bool is_text = field.type.kind == model::Kind::text || !column.target_key.empty();
    std::string why;
    if (model::hides(column.treatment) && !is_text)
        why = fmt::format("'{}' makes a text, and {} holds none", name(column.treatment), field.name);
    if (column.treatment == Treatment::hash && is_text && column.target_key.empty() &&
        field.type.length > 0 && field.type.length < hash_length)
        why = fmt::format("a hash has {} letters, and {} has room for {}", hash_length, field.name,
                          field.type.length);
    if (column.treatment == Treatment::without_time_offset && field.type.kind == model::Kind::instant)
        why = fmt::format("{} is a point in time, which needs its offset; without one it is UTC", field.name);
    if (why.empty()) return {};
    return error(ErrorKind::invalid, std::move(why));
}

}  // namespace

Result<MappedColumn> parse_mapping(std::string_view text, const model::ObjectSchema& object) {
    const auto refused = [&](std::string_view why) {
        return error(ErrorKind::invalid, fmt::format("--map {}: {}", text, why));
    };
    const std::size_t equals = text.rfind('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
        return refused("a mapping is written column=Field, such as email=Email");
    const std::vector<std::string> parts = split(text.substr(equals + 1), ':');
    const std::vector<std::string> path = split(parts.front(), '.');
    const model::FieldSchema* const field = object.find(path.front());
    if (field == nullptr) {
        return refused(
            fmt::format("the schema has no field {}.{}; see: koppla schema show", object.name, path.front()));
    }
    MappedColumn column{.source = std::string{text.substr(0, equals)}, .field = field->name};
    if (const auto read = read_parent(column, path, *field); !read) return refused(read.error().message);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (parts[i] == "clear") {
            column.empty = EmptyCell::clears;
            continue;
        }
        const auto treatment = model::treatment_named(parts[i]);
        if (!treatment) return refused(fmt::format("{}, or clear", treatment.error().message));
        if (*treatment == model::Treatment::trim) {
            column.trims = true;
        } else if (column.treatment == model::Treatment::standard) {
            column.treatment = *treatment;
        } else if (column.treatment != *treatment) {
            return refused(fmt::format("'{}' and '{}' don't go together; only trim and clear go with others",
                                       name(column.treatment), name(*treatment)));
        }
    }
    if (const auto fits = check_conversion(column, *field); !fits) return refused(fits.error().message);
    return column;
}

}  // namespace koppla
