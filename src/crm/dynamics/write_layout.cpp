#include "crm/dynamics/write_layout.h"

#include "base/ascii.h"
#include "crm/odata/dialect.h"
#include "crm/odata/query.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::dynamics {

namespace {

using model::FieldSchema;
using model::Kind;

WriteForm form_of(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return WriteForm::boolean;
        case Kind::integer:
        case Kind::decimal:
        case Kind::enumeration:
            return WriteForm::number;
        case Kind::enumerations:
            return WriteForm::choices;
        case Kind::instant:
            return WriteForm::instant;
        case Kind::wall_clock:
            return WriteForm::wall_clock;
        case Kind::identifier:
            return WriteForm::guid;
        case Kind::reference:
            return WriteForm::reference;
        default:
            return WriteForm::text;
    }
}

/// How a key's value stands in an address, by the name of its column's type; nothing for what no key has.
std::optional<WriteForm> key_form(std::string_view type_name) {
    if (type_name == "String" || type_name == "Memo") return WriteForm::text;
    if (type_name == "Integer" || type_name == "BigInt" || type_name == "Decimal" ||
        type_name == "Picklist" || type_name == "State" || type_name == "Status")
        return WriteForm::number;
    return std::nullopt;
}

Result<void> check_operation(const WriteRequest& request) {
    const auto unsupported = [&](std::string_view why) {
        Error refused = request.refused(why);
        refused.kind = ErrorKind::unsupported;
        return refused;
    };
    if (request.path == WritePath::bulk) {
        return unsupported(
            "Dynamics has no interface for writing in bulk, so don't force it; records go out in batches of "
            "single operations by themselves");
    }
    if (request.operation == WriteOperation::erase)
        return unsupported("Dynamics deletes for good, or into a recycle bin of its own; use delete");
    if (!request.assignment_rule.empty() && request.assignment_rule != "none") {
        return unsupported(
            "assignment rules are Salesforce's; in Dynamics the owner is a field, 'ownerid', and routing "
            "rules work by themselves");
    }
    if (!odata::is_identifier(request.object->wire_name))
        return request.refused("its entity set isn't known; run the wizard again");
    return {};
}

/// Why a field can't be written by the operation; empty: it can.
std::string refusal_of(const WriteRequest& request, const FieldSchema& field) {
    if (field.is_parked)
        return fmt::format("Dynamics doesn't offer field '{}' any more; leave it out", field.name);
    if (field.remote_type == odata::removal_type)
        return fmt::format("'{}' isn't a field of Dynamics: delete the record instead", field.name);
    if (odata::is_annotation(field)) {
        return fmt::format("'{}' is told beside '{}' and can't be written; leave it out", field.name,
                           odata::annotated(odata::wire_name(field)));
    }
    if (!odata::is_identifier(field.name))
        return fmt::format("field '{}' has a name that can't stand in a request", field.name);
    if (field.is_calculated)
        return fmt::format("Dynamics works out field '{}' by itself; leave it out", field.name);
    const bool makes = request.operation != WriteOperation::update;
    const bool changes = request.operation != WriteOperation::insert;
    if (!field.is_createable && !field.is_updateable)
        return fmt::format("field '{}' is read-only; leave it out", field.name);
    if (makes && !field.is_createable) {
        return fmt::format(
            "field '{}' can't be set when a record is made: Dynamics would pass over it without "
            "a word; leave it out here, and write it by an update",
            field.name);
    }
    if (changes && !field.is_updateable) {
        return fmt::format(
            "field '{}' can only be set when a record is made: Dynamics would pass over it "
            "without a word; leave it out here, or insert",
            field.name);
    }
    return {};
}

/// The object that a reference points to; empty where it is to be named and isn't.
std::string target_of(const WriteColumn& column) {
    if (!column.target_object.empty()) return lower(column.target_object);
    return column.field->targets.size() == 1 ? column.field->targets.front() : std::string{};
}

Result<void> check_target(const WriteRequest& request, const WriteColumn& column) {
    const FieldSchema& field = *column.field;
    if (field.type.kind != Kind::reference) {
        if (column.target_object.empty() && column.target_key.empty()) return {};
        return request.refused(
            fmt::format("field '{}' is no lookup, so it has neither target object nor key", field.name));
    }
    const std::string target = target_of(column);
    if (target.empty()) {
        return request.refused(fmt::format("field '{}' may point to {}: say to which of them", field.name,
                                           fmt::join(field.targets, ", ")));
    }
    if (!odata::is_identifier(target) ||
        (!field.targets.empty() && std::ranges::find(field.targets, target) == field.targets.end())) {
        return request.refused(fmt::format("field '{}' can't point to '{}', only to {}", field.name, target,
                                           fmt::join(field.targets, ", ")));
    }
    return {};
}

Result<void> check_column(const WriteRequest& request, const WriteColumn& column) {
    const FieldSchema* const field = column.field;
    if (field == nullptr || request.object->find(field->name) == nullptr) {
        return request.refused(fmt::format(
            "there is no field '{}' in the recorded schema; see 'koppla schema', or run the wizard again if "
            "it is new",
            field == nullptr ? std::string{} : field->name));
    }
    if (field->name == request.key) return {};
    if (is_deletion(request.operation)) {
        return request.refused(
            fmt::format("a delete takes the key and nothing else; leave out '{}'", field->name));
    }
    if (field->name == request.object->key) {
        return request.refused(fmt::format(
            "'{}' names the record and can't be written as a value; make it the key, or leave it out",
            field->name));
    }
    if (const std::string why = refusal_of(request, *field); !why.empty()) return request.refused(why);
    return check_target(request, column);
}

Result<void> check_key(const WriteRequest& request) {
    const bool is_insert = request.operation == WriteOperation::insert;
    if (request.key.empty()) {
        if (is_insert) return {};
        return request.refused(
            fmt::format("it takes a key, which says which record is meant: '{}'", request.object->key));
    }
    if (!request.key_column())
        return request.refused(fmt::format("the key '{}' is none of the columns", request.key));
    if (request.key == request.object->key) return {};
    if (request.operation != WriteOperation::upsert) {
        return request.refused(fmt::format("its key has to be '{}', not '{}': other keys are for upserts",
                                           request.object->key, request.key));
    }
    const FieldSchema& field = *request.columns[*request.key_column()].field;
    if (!key_form(field.remote_type)) {
        return request.refused(
            fmt::format("field '{}' is of type {}, which can't be the key of an upsert here; "
                        "use a text or a number",
                        field.name, field.remote_type));
    }
    return {};
}

/// Puts the members of rows together.
class Layout {
  public:
    Layout(const WriteRequest& request, const Relations& relations)
        : request_{request}, relations_{relations} {}

    Result<WriteLayout> make() {
        layout_.operation = request_.operation;
        layout_.set = request_.object->wire_name;
        layout_.id_name = request_.object->key;
        layout_.duplicates = request_.duplicates;
        layout_.key_column = request_.key_column();
        if (request_.key != request_.object->key && layout_.key_column) TRY(take_alternate_key());
        for (std::size_t i = 0; i < request_.columns.size(); ++i) {
            layout_.fields.push_back(request_.columns[i].field->name);
            if (layout_.key_column == i) continue;
            layout_.members.push_back(TRY(member(i, request_.columns[i])));
        }
        return std::move(layout_);
    }

  private:
    Result<void> take_alternate_key() {
        const KeyField key = relations_.key_field(request_.object->name, request_.key);
        if (!key.problem.empty()) return request_.refused(key.problem);
        const FieldSchema& field = *request_.columns[*layout_.key_column].field;
        layout_.key = {.name = request_.key, .form = key_form(field.remote_type).value_or(WriteForm::text)};
        return {};
    }

    Result<WriteMember> member(std::size_t index, const WriteColumn& column) {
        const std::string& name = column.field->name;
        WriteMember made{.column = index,
                         .form = form_of(column.field->type.kind),
                         .opening = fmt::format("\"{}\":", name),
                         .null = fmt::format("\"{}\":null", name)};
        if (made.form != WriteForm::reference) return made;
        const std::string target = target_of(column);
        const std::string way = relations_.navigation(request_.object->name, name, target);
        const auto set = relations_.entity_set(target);
        if (way.empty() || !set) {
            return request_.refused(
                fmt::format("the metadata tell no way from '{}' to {}, or this account can't see that table; "
                            "leave the field out",
                            name, target));
        }
        if (!column.target_key.empty() && column.target_key != relations_.own_key(target)) {
            const KeyField key = relations_.key_field(target, column.target_key);
            if (!key.problem.empty())
                return request_.refused(fmt::format("field '{}': {}", name, key.problem));
            const auto form = key_form(key.type_name);
            if (!form) {
                return request_.refused(
                    fmt::format("field '{}': '{}' of {} is of type {}, which can't name "
                                "a record here; use a text or a number",
                                name, column.target_key, target, key.type_name));
            }
            made.parent = {.name = column.target_key, .form = *form};
        }
        made.opening = fmt::format("\"{}@odata.bind\":\"/{}(", way, *set);
        made.null = fmt::format("\"{}\":null", way);
        return made;
    }

    const WriteRequest& request_;
    const Relations& relations_;
    WriteLayout layout_;
};

}  // namespace

Result<RelationsWanted> check_request(const WriteRequest& request) {
    TRY(check_operation(request));
    std::set<std::string_view> seen;
    for (const WriteColumn& column : request.columns) {
        TRY(check_column(request, column));
        if (!seen.insert(column.field->name).second) {
            return request.refused(
                fmt::format("two columns go to field '{}'; leave one of them out", column.field->name));
        }
    }
    TRY(check_key(request));
    if (request.operation == WriteOperation::update && request.columns.size() < 2)
        return request.refused("there is no column to write besides the key");
    RelationsWanted wanted{};
    std::set<std::string> tables;
    for (const WriteColumn& column : request.columns) {
        if (column.field->type.kind != Kind::reference) continue;
        tables.insert(target_of(column));
        if (!column.target_key.empty()) wanted.types = ColumnTypes::told;
    }
    const bool has_alternate_key = !request.key.empty() && request.key != request.object->key;
    if (!tables.empty() || has_alternate_key) tables.insert(request.object->name);
    wanted.tables.assign(tables.begin(), tables.end());
    return wanted;
}

Result<WriteLayout> write_layout(const WriteRequest& request, const Relations& relations) {
    return Layout{request, relations}.make();
}

}  // namespace koppla::dynamics
