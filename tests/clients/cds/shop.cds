using {cuid, managed} from '@sap/cds/common';

namespace shop;

entity Countries {
  key code : String(3);
      name : String(60);
}

entity Customers : cuid, managed {
  name    : String(100) not null;
  email   : String(200);
  balance : Decimal(15, 2);
  score   : Double;
  visits  : Integer;
  born    : Date;
  seen    : Timestamp;
  active  : Boolean;
  notes   : LargeString;
  country : Association to Countries;
}

@requires: 'authenticated-user'
@path: '/odata/v4/shop'
service Shop {
  @readonly entity Customers as projection on shop.Customers;
  @readonly entity Countries as projection on shop.Countries;
}
