#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t rows_max = 200;
constexpr std::size_t types_max = 5;
constexpr std::size_t levels_max = 5;

using nlohmann::json;

Error malformed(std::string message) {
    return error(ErrorKind::invalid, std::move(message), "INVALID_INPUT");
}

/// A record of the tree, its children cut off.
struct Node {
    const Object* object = nullptr;
    std::string reference;
    json fields;
    std::vector<Change::Link> links{};  ///< to its parent
    std::size_t level = 1;
};

bool is_list(const json& value) {
    return value.is_object() && value.contains("records") && value["records"].is_array();
}

/// Lays the tree out, every parent before its children.
class Reader {
  public:
    explicit Reader(const Org& org) : org_{org} {}

    Result<std::deque<Node>> read(const Object& object, const json& body) {
        if (!is_list(body)) return malformed("The property 'records' with an array is required");
        for (const auto& record : body["records"]) TRY(add(record, Node{.object = &object}));
        for (std::size_t i = 0; i < nodes_.size(); ++i) TRY(add_children(i));
        if (types_.size() > types_max) return malformed("A tree can have records of at most five types");
        return std::move(nodes_);
    }

  private:
    Result<void> add(const json& record, Node node) {
        const auto attributes = record.is_object() ? record.value("attributes", json{}) : json{};
        const auto reference = attributes.is_object() ? attributes.value("referenceId", json{}) : json{};
        const auto type = attributes.is_object() ? attributes.value("type", json{}) : json{};
        if (!reference.is_string() || !type.is_string())
            return malformed("Each record needs 'attributes' with 'type' and 'referenceId'");
        if (!equal_words(type.get<std::string>(), node.object->name()))
            return malformed("The record " + reference.get<std::string>() + " is not of type " +
                             node.object->name());
        node.reference = reference.get<std::string>();
        node.fields = record;
        if (!references_.insert(node.reference).second)
            return malformed("Duplicate ReferenceId provided in the request: " + node.reference);
        if (nodes_.size() == rows_max) return malformed("A tree can have at most 200 records");
        if (node.level > levels_max) return malformed("A tree can be at most five levels deep");
        types_.insert(node.object->name());
        nodes_.push_back(std::move(node));
        return {};
    }

    Result<void> add_children(std::size_t place) {
        std::vector<std::string> lists;
        for (const auto& member : nodes_[place].fields.items())
            if (is_list(member.value())) lists.push_back(member.key());
        for (const auto& name : lists) {
            const auto* link = nodes_[place].object->find_children(name);
            const auto* children = link == nullptr ? nullptr : org_.find(link->object);
            if (children == nullptr)
                return malformed("No such relationship: " + nodes_[place].object->name() + "." + name);
            const auto records = std::move(nodes_[place].fields[name]["records"]);
            nodes_[place].fields.erase(name);
            for (const auto& record : records)
                TRY(add(record, Node{.object = children,
                                     .links = {{.earlier = place, .field = link->field}},
                                     .level = nodes_[place].level + 1}));
        }
        return {};
    }

    const Org& org_;
    std::deque<Node> nodes_;
    std::set<std::string> references_;
    std::set<std::string> types_;
};

Json failures(const std::deque<Node>& nodes, const std::vector<SaveResult>& saved) {
    auto results = Json::array();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        auto errors = Json::array();
        for (const auto& problem : saved[i].errors)
            if (problem.status_code != "ALL_OR_NONE_OPERATION_ROLLED_BACK")
                errors.push_back(Json{{"statusCode", problem.status_code},
                                      {"message", problem.message},
                                      {"fields", problem.fields}});
        if (!errors.empty()) results.push_back(Json{{"referenceId", nodes[i].reference}, {"errors", errors}});
    }
    return Json{{"hasErrors", true}, {"results", results}};
}

/// A tree that can't be read fails as a whole.
Answer refused(const Error& error) {
    const Json problem{{"statusCode", error.symbol}, {"message", error.message}, {"fields", Json::array()}};
    return json_answer(
        400, Json{{"hasErrors", true}, {"results", Json::array({Json{{"errors", Json::array({problem})}}})}});
}

}  // namespace

Answer create_tree(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto nodes = Reader{services.org}.read(*object, *body);
    if (!nodes) return refused(nodes.error());
    std::vector<Change> changes;
    for (const auto& node : *nodes)
        changes.push_back(Change{.kind = Change::Kind::create,
                                 .object = node.object,
                                 .fields = &node.fields,
                                 .links = node.links});
    const auto saved = services.org.save(changes, Saving{.atomicity = Atomicity::all_or_none});
    if (!saved) return org_error(saved.error());
    if (!std::ranges::all_of(*saved, &SaveResult::success)) return json_answer(400, failures(*nodes, *saved));
    auto results = Json::array();
    for (std::size_t i = 0; i < nodes->size(); ++i)
        results.push_back(Json{{"referenceId", (*nodes)[i].reference}, {"id", (*saved)[i].id}});
    return json_answer(201, Json{{"hasErrors", false}, {"results", results}});
}

}  // namespace koppla::sandbox
