#include "sandbox/dynamics/payload/keys.h"

#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/org/state.h"
#include "sandbox/dynamics/payload/values.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

Error bad_guid(std::string_view literal) {
    return error(ErrorKind::invalid, fmt::format("Unrecognized Guid format: {}", literal), "0x80060888");
}

/// An attribute of a key, by its name or, of a lookup, by the Web API's.
const Attribute* find_part(const Table& table, std::string_view name) {
    const auto* attribute = table.find(name);
    return attribute != nullptr ? attribute : table.find_property(name);
}

}  // namespace

Result<RowKey> row_key(const Table& table, const Segment& segment) {
    const auto& parts = segment.parts;
    const bool is_id = parts.size() == 1 && (parts[0].name.empty() || parts[0].name == table.primary_id());
    if (is_id) {
        auto id = guid_of(parts[0].literal);
        if (id.empty()) return bad_guid(parts[0].literal);
        return RowKey{.id = std::move(id)};
    }
    RowKey key;
    for (const auto& part : parts) {
        const auto* attribute = find_part(table, part.name);
        if (attribute != nullptr && attribute->is_stored())
            key.values[attribute->name] = TRY(value_from_literal(table, *attribute, part.literal));
    }
    for (const AlternateKey& known : table.keys()) {
        const bool fits = known.index == IndexState::active && key.values.size() == known.attributes.size() &&
                          parts.size() == known.attributes.size() &&
                          std::ranges::all_of(known.attributes,
                                              [&](const auto& name) { return key.values.contains(name); });
        if (fits) return key;
    }
    return error(
        ErrorKind::invalid,
        fmt::format("The specified key attributes are not a defined key for the {} entity", table.name()),
        "0x80060890");
}

Result<std::string> find_row(db::Transaction& transaction, const Table& table, const RowKey& key) {
    State state{transaction};
    if (!key.id.empty()) {
        if (TRY(state.exists(table, key.id))) return key.id;
        return no_row(table.name(), key.id);
    }
    auto ids = TRY(state.ids_with(table, key.values, 1));
    if (ids.empty()) return no_row_by_key(table.name());
    return std::move(ids.front());
}

Result<Target> read_target(const Catalog& catalog, std::string_view address) {
    constexpr std::string_view root = "/api/data/";
    if (const auto at = address.find(root); at != std::string_view::npos) {
        address.remove_prefix(at + root.size());
        address.remove_prefix(std::min(address.find('/'), address.size()));
    }
    const auto segments = TRY(read_resource(address));
    if (segments.size() != 1 || !segments[0].has_key())
        return error(ErrorKind::invalid, fmt::format("'{}' doesn't name a row", address), "0x80060888");
    const auto* table = catalog.find_set(segments[0].name);
    if (table == nullptr) return no_segment(segments[0].name);
    return Target{.table = table, .key = TRY(row_key(*table, segments[0]))};
}

}  // namespace koppla::sandbox::dynamics
