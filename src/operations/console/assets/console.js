// What pages do beyond links and forms; without it they work all the same.
'use strict';
