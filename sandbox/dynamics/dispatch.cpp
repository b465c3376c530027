#include "sandbox/dynamics/answers.h"
#include "sandbox/dynamics/error_details.h"
#include "sandbox/dynamics/handlers.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

/// A resource with a name of its own.
struct Resource {
    std::string_view method;
    std::string_view name;
    Answer (*handle)(Services&, const Ask&);
};
constexpr std::array resources{Resource{"GET", "", service_document},
                               Resource{"GET", "$metadata", metadata_document},
                               Resource{"POST", "$batch", batch},
                               Resource{"POST", "Merge", merge},
                               Resource{"GET", "WhoAmI", who_am_i},
                               Resource{"GET", "RetrieveVersion", retrieve_version},
                               Resource{"GET", "RetrieveTotalRecordCount", total_record_count},
                               Resource{"GET", "EntityDefinitions", entity_definitions},
                               Resource{"GET", "GlobalOptionSetDefinitions", global_option_sets},
                               Resource{"GET", "RelationshipDefinitions", relationship_definitions},
                               Resource{"GET", "RetrieveMetadataChanges", retrieve_metadata_changes}};

constexpr std::array<std::string_view, 3> versions{"v9.0", "v9.1", "v9.2"};

Answer not_allowed(const Ask& ask, std::string_view allowed) {
    auto refused =
        failure(405, "0x8006088a",
                fmt::format("The requested resource does not support http method '{}'.", ask.method));
    refused.response.headers.add("Allow", std::string{allowed});
    return refused;
}

/// A write by itself: in a transaction of its own.
Answer write_alone(Services& services, const Ask& ask, const Table& table) {
    const auto writing = services.org.write();
    if (!writing) return failure(writing.error());
    auto answered = write(services, **writing, ask, table);
    if (answered.response.status >= 400) return answered;
    if (const auto kept = (*writing)->commit(); !kept) return failure(kept.error());
    return answered;
}

bool is_write(std::string_view method) {
    return method == "POST" || method == "PATCH" || method == "PUT" || method == "DELETE";
}

/// A row's collection, as the rows that point to it.
bool is_collection(const Ask& ask, const Table& table) {
    return ask.segments.size() >= 2 && ask.catalog->find_collection(table, ask.segments[1].name) != nullptr;
}

Answer in_set(Services& services, const Ask& ask, const Table& table) {
    const auto& segments = ask.segments;
    const auto& set = segments.front();
    if (!set.has_key()) {
        if (segments.size() == 2 && segments[1].name == "$count") return count_set(services, ask, table);
        if (is_bound_message(ask))
            return ask.method == "POST" ? bound_message(services, ask, table) : not_allowed(ask, "POST");
        if (segments.size() != 1) return failure(no_segment(segments[1].name));
        if (ask.method == "GET") return query_set(services, ask, table);
        return ask.method == "POST" ? write_alone(services, ask, table) : not_allowed(ask, "GET,POST");
    }
    if (is_write(ask.method)) {
        if (segments.size() == 1 && ask.method != "PATCH" && ask.method != "DELETE")
            return not_allowed(ask, "GET,PATCH,DELETE");
        return write_alone(services, ask, table);
    }
    if (ask.method != "GET") return not_allowed(ask, "GET,PATCH,DELETE");
    if (is_collection(ask, table)) return row_collection(services, ask, table);
    return row(services, ask, table);
}

Answer handled(Services& services, const Ask& ask) {
    const std::string name = ask.segments.empty() ? std::string{} : ask.segments.front().name;
    std::string_view allowed;
    for (const Resource& resource : resources) {
        if (resource.name != name) continue;
        if (resource.method == ask.method) return resource.handle(services, ask);
        allowed = resource.method;
    }
    if (!allowed.empty()) return not_allowed(ask, allowed);
    const auto* table = ask.catalog->find_set(name);
    if (table == nullptr) return failure(no_segment(name));
    return in_set(services, ask, *table);
}

}  // namespace

Result<Ask> asked(Services& services, const http::Request& request) {
    const auto mark = request.target.find('?');
    std::string_view path = std::string_view{request.target}.substr(0, mark);
    while (path.starts_with("//")) path.remove_prefix(1);
    constexpr std::string_view root = "/api/data/";
    if (!path.starts_with(root)) return no_segment(path);
    path.remove_prefix(root.size());
    const auto version = path.substr(0, path.find('/'));
    if (std::ranges::find(versions, version) == versions.end()) return no_segment(version);
    path.remove_prefix(version.size());
    const auto host = request.headers.find("Host");
    const auto origin = host ? "https://" + std::string{*host} : services.url;
    auto segments = TRY(read_resource(path));
    return Ask{.request = request,
               .method = request.method,
               .root = fmt::format("{}{}{}/", origin, root, version),
               .segments = std::move(segments),
               .query = mark == std::string::npos ? std::string{} : request.target.substr(mark + 1),
               .preferences = Preferences::of(request.headers),
               .level = metadata_level(request.headers),
               .catalog = services.org.catalog()};
}

Answer dispatch(Services& services, const Ask& ask) {
    return with_details(handled(services, ask), ask.preferences);
}

}  // namespace koppla::sandbox::dynamics
