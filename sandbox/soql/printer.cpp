#include "sandbox/soql/printer.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace koppla::sandbox::soql {

namespace {

/// "BillingPostalCode" of the compound "BillingAddress" is its "postalCode"; "Loc__Latitude__s" is
/// "latitude".
std::string part_key(const Field& part) {
    for (const std::string_view key : {"city", "countryCode", "country", "geocodeAccuracy", "latitude",
                                       "longitude", "postalCode", "stateCode", "state", "street"}) {
        std::string name = lower_case(part.name);
        if (name.ends_with("__s")) name.resize(name.size() - 3);
        if (name.ends_with(lower_case(key))) return std::string{key};
    }
    return lower_case(part.name);
}

}  // namespace

std::string attributes_of(const Object& object, std::string_view base) {
    return fmt::format(R"({{"attributes":{{"type":"{0}","url":"{1}/sobjects/{0}/)", object.name(), base);
}

void Printer::add(const Resolved& resolved) {
    Step step = step_of(resolved);
    plan_.cells.push_back(step);
    if (step.kind == Step::Kind::compound && plan_.compound.empty()) plan_.compound = resolved.name();
    Node* node = &root_;
    for (const std::string& relationship : resolved.relationships) node = parent_of(*node, relationship);
    node->join = resolved.join;
    node->object = resolved.object;
    node->entries.push_back(Entry{.step = std::move(step)});
}

void Printer::name_parent(std::span<const std::string> relationships, std::size_t join,
                          const Object& object) {
    Node* node = &root_;
    for (const std::string& relationship : relationships) node = parent_of(*node, relationship);
    node->join = join;
    node->object = &object;
}

void Printer::add_children(Plan children) {
    root_.entries.push_back(Entry{.step = {.kind = Step::Kind::children,
                                           .lead = fmt::format(",\"{}\":", children.relationship),
                                           .column = static_cast<int>(plan_.children.size())}});
    plan_.children.push_back(std::move(children));
}

void Printer::begin_type_of(const Resolved& reference) {
    root_.entries.push_back(
        Entry{.step = {.kind = Step::Kind::type_of,
                       .lead = fmt::format(",\"{}\":", reference.field->relationship_name),
                       .column = column(reference.sql())}});
}

void Printer::add_branch(std::size_t join, const Object& object, std::span<const Resolved> fields) {
    Step branch{.kind = Step::Kind::parent_begin,
                .lead = object.key_prefix(),
                .attributes = attributes_of(object, base_),
                .column = column(fmt::format("t{}.\"Id\"", join))};
    for (const Resolved& field : fields) branch.parts.push_back(step_of(field));
    root_.entries.back().step.parts.push_back(std::move(branch));
}

int Printer::column(const std::string& sql) {
    const auto found = std::find(plan_.result.begin(), plan_.result.end(), sql);
    const auto place = found - plan_.result.begin();
    if (found == plan_.result.end()) plan_.result.push_back(sql);
    return static_cast<int>(place);
}

Step Printer::step_of(const Resolved& resolved) {
    Step step{.kind = Step::Kind::value,
              .lead = fmt::format(",\"{}\":", resolved.field->name),
              .storage = resolved.field->storage};
    if (resolved.use == Resolved::Use::label) step.labels = resolved.field;
    if (!resolved.field->is_compound()) {
        step.column = column(resolved.sql());
        if (resolved.field->type == "base64") {
            // Content is printed as the address where it can be fetched: its record's, and the field's name.
            step.attributes = fmt::format("{}/sobjects/{}/", base_, resolved.object->name());
            step.parts.push_back(Step{.kind = Step::Kind::value,
                                      .lead = "/" + resolved.field->name,
                                      .column = column(fmt::format("t{}.\"Id\"", resolved.join))});
        }
        return step;
    }
    step.kind = Step::Kind::compound;
    std::map<std::string, Step> parts;
    for (const Field* part : resolved.object->parts_of(*resolved.field)) {
        Resolved place = resolved;
        place.field = part;
        Step inner{.kind = Step::Kind::value, .storage = part->storage, .column = column(place.sql())};
        parts[part_key(*part)] = std::move(inner);
    }
    for (auto& [key, part] : parts) {
        part.lead = fmt::format("{}\"{}\":", step.parts.empty() ? "{" : ",", key);
        step.parts.push_back(std::move(part));
    }
    return step;
}

Printer::Node* Printer::parent_of(Node& node, const std::string& relationship) {
    for (const auto& child : node.children) {
        if (child->relationship == relationship) return child.get();
    }
    node.children.push_back(std::make_unique<Node>());
    node.children.back()->relationship = relationship;
    node.entries.push_back(Entry{.child = node.children.size() - 1, .is_child = true});
    return node.children.back().get();
}

void Printer::flatten(Node& node) {
    for (Entry& entry : node.entries) {
        if (!entry.is_child) {
            plan_.steps.push_back(std::move(entry.step));
            continue;
        }
        Node& parent = *node.children[entry.child];
        const std::size_t begin = plan_.steps.size();
        plan_.steps.push_back(Step{.kind = Step::Kind::parent_begin,
                                   .lead = fmt::format(",\"{}\":", parent.relationship),
                                   .attributes = attributes_of(*parent.object, base_),
                                   .column = column(fmt::format("t{}.\"Id\"", parent.join))});
        flatten(parent);
        plan_.steps.push_back(Step{.kind = Step::Kind::parent_end});
        plan_.steps[begin].skip = plan_.steps.size() - begin;
    }
}

}  // namespace koppla::sandbox::soql
