#include "sandbox/org/content/own_parts.h"

namespace koppla::sandbox {

namespace {

FieldSpec unit_price() {
    return number("currency", "UnitPrice", "Sales Price", 18, 2).required();
}

FieldSpec quantity() {
    return number("double", "Quantity", "Quantity", 12, 2).required();
}

ObjectSpec product() {
    return {
        .name = "Product2",
        .label = "Product",
        .label_plural = "Products",
        .key_prefix = "01t",
        .fields =
            record_start() +
            Fields{text("Name", "Product Name", 255).required().title(),
                   text("ProductCode", "Product Code", 255),
                   typed("textarea", "Description", "Product Description", 4000), flag("IsActive", "Active"),
                   picklist("Family", "Product Family", {"Hardware", "Software", "Service", "None"})} +
            stamps() +
            Fields{text("StockKeepingUnit", "Product SKU", 180),
                   typed("url", "DisplayUrl", "Display URL", 1000), text("ExternalId", "External ID", 255),
                   picklist("QuantityUnitOfMeasure", "Quantity Unit Of Measure", {"Each", "Box", "Hour"})}};
}

ObjectSpec opportunity_line() {
    return {
        .name = "OpportunityLineItem",
        .label = "Opportunity Product",
        .label_plural = "Opportunity Products",
        .key_prefix = "00k",
        .fields =
            record_start() +
            Fields{
                link("OpportunityId", "Opportunity ID", {"Opportunity"}, "Opportunity")
                    .required()
                    .children("OpportunityLineItems"),
                whole("SortOrder", "Sort Order"),
                link("Product2Id", "Product ID", {"Product2"}, "Product2").children("OpportunityLineItems"),
                quantity(), number("percent", "Discount", "Discount", 6, 2),
                number("currency", "TotalPrice", "Total Price", 18, 2).read_only(), unit_price(),
                number("currency", "ListPrice", "List Price", 18, 2).read_only(),
                typed("date", "ServiceDate", "Date"), text("Description", "Line Description", 255)} +
            stamps()};
}

ObjectSpec order_line() {
    return {
        .name = "OrderItem",
        .label = "Order Product",
        .label_plural = "Order Products",
        .key_prefix = "802",
        .fields = record_start() +
                  Fields{link("OrderId", "Order ID", {"Order"}, "Order").required().children("OrderItems"),
                         link("Product2Id", "Product ID", {"Product2"}, "Product2").children("OrderItems"),
                         quantity(), unit_price(),
                         number("currency", "TotalPrice", "Total Price", 18, 2).read_only(),
                         typed("date", "ServiceDate", "Start Date"), typed("date", "EndDate", "End Date"),
                         text("Description", "Line Description", 255),
                         text("OrderItemNumber", "Order Product Number", 30).numbered().title()} +
                  stamps()};
}

ObjectSpec campaign() {
    return {
        .name = "Campaign",
        .label = "Campaign",
        .label_plural = "Campaigns",
        .key_prefix = "701",
        .fields =
            record_start() +
            Fields{text("Name", "Name", 80).required().title(),
                   link("ParentId", "Parent Campaign ID", {"Campaign"}, "Parent").children("ChildCampaigns"),
                   picklist("Type", "Type", {"Conference", "Webinar", "Trade Show", "Email", "Other"}),
                   picklist("Status", "Status", {"Planned", "In Progress", "Completed", "Aborted"}),
                   typed("date", "StartDate", "Start Date"), typed("date", "EndDate", "End Date"),
                   number("currency", "ExpectedRevenue", "Expected Revenue", 18, 0),
                   number("currency", "BudgetedCost", "Budgeted Cost", 18, 0),
                   number("percent", "ExpectedResponse", "Expected Response (%)", 10, 2),
                   number("double", "NumberSent", "Num Sent", 18, 0), flag("IsActive", "Active"),
                   long_text("Description", "Description"), owner()} +
            stamps()};
}

ObjectSpec campaign_member() {
    return {
        .name = "CampaignMember",
        .label = "Campaign Member",
        .label_plural = "Campaign Members",
        .key_prefix = "00v",
        .fields = record_start() +
                  Fields{link("CampaignId", "Campaign ID", {"Campaign"}, "Campaign")
                             .required()
                             .children("CampaignMembers"),
                         link("LeadId", "Lead ID", {"Lead"}, "Lead").children("CampaignMembers"),
                         link("ContactId", "Contact ID", {"Contact"}, "Contact").children("CampaignMembers"),
                         picklist("Status", "Status", {"Sent", "Responded"}).defaulted("Sent"),
                         flag("HasResponded", "Responded").read_only(),
                         typed("date", "FirstRespondedDate", "First Responded Date").read_only()} +
                  stamps()};
}

ObjectSpec task() {
    return {
        .name = "Task",
        .label = "Task",
        .label_plural = "Tasks",
        .key_prefix = "00T",
        .fields =
            record_start() +
            Fields{
                link("WhoId", "Name ID", {"Contact", "Lead"}, "Who").children("Tasks"),
                link("WhatId", "Related To ID", {"Account", "Campaign", "Opportunity", "Order"}, "What")
                    .children("Tasks"),
                typed("combobox", "Subject", "Subject", 255), typed("date", "ActivityDate", "Due Date Only"),
                picklist("Status", "Status",
                         {"Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"})
                    .defaulted("Not Started"),
                picklist("Priority", "Priority", {"High", "Normal", "Low"}).defaulted("Normal"),
                flag("IsHighPriority", "High Priority").read_only(), owner(),
                long_text("Description", "Description"), flag("IsClosed", "Closed").read_only(),
                flag("IsArchived", "Archived").read_only(), whole("CallDurationInSeconds", "Call Duration"),
                picklist("CallType", "Call Type", {"Internal", "Inbound", "Outbound"})} +
            stamps()};
}

ObjectSpec attachment() {
    return {.name = "Attachment",
            .label = "Attachment",
            .label_plural = "Attachments",
            .key_prefix = "00P",
            .fields = record_start() +
                      Fields{link("ParentId", "Parent ID", {"Account", "Contact", "Opportunity"}, "Parent")
                                 .required()
                                 .children("Attachments"),
                             text("Name", "File Name", 255).required().title(), flag("IsPrivate", "Private"),
                             text("ContentType", "Content Type", 120),
                             whole("BodyLength", "Body Length").read_only(), typed("base64", "Body", "Body"),
                             owner()} +
                      stamps() + Fields{typed("textarea", "Description", "Description", 500)}};
}

ObjectSpec record_type() {
    return {.name = "RecordType",
            .label = "Record Type",
            .label_plural = "Record Types",
            .key_prefix = "012",
            .is_setup = true,
            .fields =
                Fields{id(), text("Name", "Name", 80).required().title(),
                       text("DeveloperName", "Record Type Name", 80).required(),
                       text("NamespacePrefix", "Namespace Prefix", 15).read_only(),
                       text("Description", "Description", 255),
                       text("SobjectType", "SObject Type Name", 40).required(), flag("IsActive", "Active")} +
                stamps()};
}

}  // namespace

std::vector<ObjectSpec> further_objects() {
    return {product(), opportunity_line(), order_line(), campaign(), campaign_member(),
            task(),    attachment(),       record_type()};
}

}  // namespace koppla::sandbox
